/** @file Damaged weight files: a few hundred mutations of each small golden file give weights or a UserError, nothing else. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { CountedRandom } from '../../src/random/counted.js';
import { readWeights } from '../../src/weights/read.js';
import { goldenPath } from '../helpers/golden.js';

const MUTATIONS = 250;
const SMALL = 10_000;
/** Generous for a file of some kilobytes on a busy machine. */
const MAX_MILLISECONDS = 2_000;
/** What a damaged file of some kilobytes may make the reader hold. */
const MAX_BYTES = 64 * 2 ** 20;

const folder = goldenPath('checkpoints');
const files = readdirSync(folder).filter((name) => {
  const { size } = statSync(join(folder, name));
  return /\.(pth|safetensors)$/.test(name) && size > 0 && size <= SMALL;
});

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rsd-fuzz-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** One to three changes: bytes set, bits flipped, runs of 0xff, pieces cut out, doubled or moved, the end cut off. */
function mutate(original: Uint8Array, random: CountedRandom): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let changes = 1 + random.integer(3); changes > 0; changes--) {
    if (bytes.length === 0) return bytes;
    const at = random.integer(bytes.length);
    const length = 1 + random.integer(Math.min(16, bytes.length - at));
    switch (random.integer(6)) {
      case 0:
        bytes[at] = random.integer(256);
        break;
      case 1:
        bytes[at]! ^= 1 << random.integer(8);
        break;
      case 2:
        bytes.fill(0xff, at, at + length);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
        break;
      default:
        bytes = bytes.subarray(0, at);
    }
  }
  return bytes;
}

it.each(files)('%s', async (name) => {
  const original = await readFile(join(folder, name));
  const target = join(scratch, name);
  let refused = 0;
  for (let iteration = 0; iteration < MUTATIONS; iteration++) {
    await writeFile(target, mutate(original, new CountedRandom({ seed: 1, purpose: name, iteration })));
    const start = performance.now();
    try {
      const tree = await readWeights(target);
      const held = [...tree.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
      expect(held, `mutation ${iteration}`).toBeLessThan(MAX_BYTES);
    } catch (error) {
      if (!(error instanceof UserError)) throw new Error(`mutation ${iteration} of ${name}`, { cause: error });
      refused++;
    }
    expect(performance.now() - start, `mutation ${iteration}`).toBeLessThan(MAX_MILLISECONDS);
  }
  // A third of the mutations or more hit something that cannot be read any more.
  expect(refused).toBeGreaterThan(MUTATIONS / 3);
});
