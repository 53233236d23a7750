/**
 * @file Opens a PyTorch checkpoint (`.pth`), zip or legacy container, and reads single tensors on demand.
 *
 * Only the pickle is read at first; nothing in it is executed. Storages are read one at a time when asked for.
 */
import { UserError } from '../../errors.js';
import { DTYPE_BYTES, decodeNumbers, type NumericArray } from '../dtypes.js';
import { openRandomAccess, type RandomAccess } from '../random_access.js';
import type { StoredTensor } from '../safetensors.js';
import { FormatError } from './format_error.js';
import { readLegacyHead } from './legacy.js';
import { unpickle } from './pickle.js';
import { gatherElements, tensorHooks, type LazyTensor, type StorageRef } from './tensors.js';
import { readZipDirectory, readZipEntry } from './zip.js';

/** Pickles of weight files are far below this. */
const MAX_PICKLE_BYTES = 2 ** 28;

/** An open checkpoint. Close it when done. */
export interface PthFile {
  /** The pickled object: Maps, arrays, numbers, strings and {@link LazyTensor}s. */
  readonly root: unknown;
  /** Reads tensors, each storage once; order kept. */
  readTensors(tensors: ReadonlyMap<string, LazyTensor>): Promise<Map<string, StoredTensor>>;
  close(): Promise<void>;
}

interface Container {
  readonly root: unknown;
  readStorage(storage: StorageRef): Promise<Uint8Array>;
}

async function openZip(access: RandomAccess): Promise<Container> {
  const entries = await readZipDirectory(access);
  const pickles = [...entries.values()].filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  const pickle = pickles[0];
  if (!pickle || pickles.length > 1)
    throw new FormatError(`the zip file has ${pickles.length} entries data.pkl, not one`);
  if (pickle.size > MAX_PICKLE_BYTES) throw new FormatError(`its data.pkl of ${pickle.size} bytes is too large`);
  const top = pickle.name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${top}byteorder`);
  if (order && (order.size > 16 || new TextDecoder().decode(await readZipEntry(access, order)).trim() !== 'little')) {
    throw new FormatError('its byte order is not little-endian');
  }
  const { value } = unpickle(await readZipEntry(access, pickle), 0, tensorHooks(new Map()));
  return {
    root: value,
    readStorage: async ({ key, dtype, length }) => {
      const entry = entries.get(`${top}data/${key}`);
      if (!entry) throw new FormatError(`the storage ${key} is missing`);
      const bytes = length * DTYPE_BYTES[dtype];
      if (entry.size !== bytes) throw new FormatError(`the storage ${key} has ${entry.size} bytes instead of ${bytes}`);
      return readZipEntry(access, entry);
    },
  };
}

async function openLegacy(access: RandomAccess): Promise<Container> {
  const { root, offsets } = await readLegacyHead(access, MAX_PICKLE_BYTES);
  return {
    root,
    readStorage: async ({ key, dtype, length }) => {
      const offset = offsets.get(key);
      if (offset === undefined) throw new FormatError(`the storage ${key} is missing`);
      return access.read(offset, length * DTYPE_BYTES[dtype]);
    },
  };
}

/** Runs a reader and names the file in whatever it finds wrong. */
async function naming<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new UserError(`cannot read this checkpoint: ${error.message}`, { file }, { cause: error });
  }
}

/**
 * Opens a `.pth` file; the container is told by its first bytes.
 * @throws UserError naming the file and what is wrong: missing, cut off, damaged, or asking for a name that is not allowed.
 */
export async function openPth(file: string): Promise<PthFile> {
  const access = await openRandomAccess(file);
  try {
    return await naming(file, async () => {
      if (access.size < 2) throw new FormatError('the file is empty');
      const isZip = new TextDecoder('latin1').decode(await access.read(0, 2)) === 'PK';
      const { root, readStorage } = await (isZip ? openZip(access) : openLegacy(access));
      return {
        root,
        readTensors: (tensors) => naming(file, () => readTensors(tensors, readStorage)),
        close: () => access.close(),
      };
    });
  } catch (error) {
    await access.close();
    throw error;
  }
}

async function readTensors(
  tensors: ReadonlyMap<string, LazyTensor>,
  readStorage: Container['readStorage'],
): Promise<Map<string, StoredTensor>> {
  const byStorage = new Map<string, [string, LazyTensor][]>();
  for (const item of tensors) {
    const { key } = item[1].storage;
    const users = byStorage.get(key);
    if (users) users.push(item);
    else byStorage.set(key, [item]);
  }
  const read = new Map<string, NumericArray>();
  for (const users of byStorage.values()) {
    const { storage } = users[0]![1];
    const numbers = decodeNumbers(storage.dtype, await readStorage(storage));
    for (const [name, tensor] of users) read.set(name, gatherElements(tensor, numbers));
  }
  return new Map(
    [...tensors].map(([name, { shape, storage }]) => [name, { dtype: storage.dtype, shape, data: read.get(name)! }]),
  );
}
