/** @file Random damage to files: bytes set, bits flipped, lengths made absurd, pieces cut out, doubled or moved. */
import type { CountedRandom } from '../../src/random/counted.js';
import { zipEntries, zipOf } from './checkpoint_bytes.js';

/** Values that lengths, counts and offsets are not expected to have. */
const ABSURD = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

const END_BYTES = 2048;

/** One to three changes, a function of the generator's state. */
export function mutated(original: Uint8Array, random: CountedRandom): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(original);
  for (let changes = 1 + random.integer(3); changes > 0; changes--) bytes = changed(bytes, random);
  return bytes;
}

/** Headers and directories stand at the ends: half of the damage goes there. */
function place(length: number, random: CountedRandom): number {
  const end = Math.min(length, END_BYTES);
  if (random.integer(2) === 0) return random.integer(length);
  return random.integer(2) === 0 ? random.integer(end) : length - 1 - random.integer(end);
}

function changed(bytes: Uint8Array, random: CountedRandom): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = place(bytes.length, random);
  const length = 1 + random.integer(Math.min(16, bytes.length - at));
  const piece = bytes.slice(at, at + length);
  switch (random.integer(8)) {
    case 0:
      bytes[at] = random.integer(256);
      return bytes;
    case 1:
      bytes[at]! ^= 1 << random.integer(8);
      return bytes;
    case 2:
      return bytes.fill(0xff, at, at + length);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    case 5: {
      // A piece of the file put somewhere else.
      const to = random.integer(bytes.length);
      return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
    }
    case 6: {
      const size = [1, 2, 4, 8][random.integer(4)]!;
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt(ABSURD[random.integer(ABSURD.length)]!));
      bytes.set(field.subarray(0, Math.min(size, bytes.length - at)), at);
      return bytes;
    }
    default:
      return bytes.subarray(0, at);
  }
}

/**
 * Zip checkpoints whose entries are damaged before they are packed: the checksums are right, so that the damage reaches the
 * pickle reader.
 */
export async function mutatedEntries(file: string): Promise<(random: CountedRandom) => Promise<Uint8Array>> {
  const entries = await zipEntries(file);
  const pickle = [...entries.keys()].find((name) => name.endsWith('data.pkl'))!;
  return (random) => zipOf(new Map(entries).set(pickle, mutated(entries.get(pickle)!, random)));
}
