/**
 * @file The legacy checkpoint container (before PyTorch 1.6): five pickles in sequence, then the raw storages.
 */
import { DTYPE_BYTES } from '../dtypes.js';
import { printable } from '../printable.js';
import type { RandomAccess } from '../random_access.js';
import { FormatError } from './format_error.js';
import { unpickle } from './pickle.js';
import { PickleCutOff } from './pickle_bytes.js';
import { tensorHooks, type StorageRef } from './tensors.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const FIRST_READ = 2 ** 20;

interface Head {
  readonly root: unknown;
  readonly keys: readonly string[];
  readonly storages: ReadonlyMap<string, StorageRef>;
  readonly end: number;
}

function parseHead(bytes: Uint8Array): Head {
  const storages = new Map<string, StorageRef>();
  const hooks = tensorHooks(storages);
  let at = 0;
  const next = (): unknown => {
    const { value, end } = unpickle(bytes, at, hooks);
    at = end;
    return value;
  };
  // Checked before reading on, so that any other file is refused at once.
  const [PROTO, LONG1] = [0x80, 0x8a];
  if (bytes[0] !== PROTO || bytes[2] !== LONG1 || next() !== MAGIC)
    throw new FormatError('this is no PyTorch checkpoint');
  if (next() !== PROTOCOL) throw new FormatError('its legacy protocol is unknown');
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false)
    throw new FormatError('its byte order is not little-endian');
  const root = next();
  const keys = next();
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
    throw new FormatError('its list of storages is damaged');
  return { root, keys, storages, end: at };
}

/**
 * Reads the pickles and finds the storages.
 * @returns The pickled object and, by storage key, the position of its first number in the file.
 * @throws FormatError if the file is no legacy checkpoint, is cut off, or its counts disagree with the pickle.
 */
export async function readLegacyHead(
  access: RandomAccess,
  maxBytes: number,
): Promise<{ root: unknown; offsets: ReadonlyMap<string, number> }> {
  const { root, keys, storages, end } = await growHead(access, maxBytes);
  const offsets = new Map<string, number>();
  let at = end;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw new FormatError(`the storage ${printable(key)} belongs to no tensor`);
    const count = new DataView((await access.read(at, 8)).buffer).getBigInt64(0, true);
    if (count !== BigInt(storage.length)) {
      throw new FormatError(`the storage ${printable(key)} has ${count} numbers instead of ${storage.length}`);
    }
    offsets.set(key, at + 8);
    at += 8 + storage.length * DTYPE_BYTES[storage.dtype];
    if (at > access.size) throw new FormatError(`the storage ${printable(key)} is cut off`);
  }
  for (const key of storages.keys()) {
    if (!offsets.has(key)) throw new FormatError(`the storage ${printable(key)} is missing`);
  }
  return { root, offsets };
}

/** How long the pickles are is not written anywhere: read more until they end. */
async function growHead(access: RandomAccess, maxBytes: number): Promise<Head> {
  const most = Math.min(access.size, maxBytes);
  for (let length = FIRST_READ; ; length *= 4) {
    const bytes = await access.read(0, Math.min(length, most));
    try {
      return parseHead(bytes);
    } catch (error) {
      if (!(error instanceof PickleCutOff) || length >= most) throw error;
    }
  }
}
