/**
 * @file Opens a PyTorch checkpoint (`.pth`), zip or legacy container, and reads single tensors on demand.
 *
 * Only the pickle is read at first; nothing in it is executed. Storages are read one at a time when asked for.
 */
import { UserError } from '../../errors/user_error.js';
import { DTYPE_BYTES } from '../dtypes.js';
import { printable } from '../printable.js';
import { openRandomAccess, type RandomAccess } from '../random_access.js';
import { tensorBytes } from '../raw_tensor.js';
import { FormatError } from './format_error.js';
import { readLegacyHead } from './legacy.js';
import { unpickle } from './pickle.js';
import { gatherBytes, tensorHooks, type LazyTensor, type StorageRef } from './tensors.js';
import { readZipDirectory, readZipEntry } from './zip.js';

/** A hundred thousand tensors. */
const MAX_PICKLE_BYTES = 2 ** 24;

/** Views of one storage may add up to this many times its size: tied weights do, hostile files go far beyond. */
const MAX_SHARING = 8;
const FREE_SHARED_BYTES = 2 ** 24;

/** An open checkpoint. Close it when done. */
export interface PthFile {
  readonly container: 'zip' | 'legacy';
  /** Bytes in the file. */
  readonly size: number;
  /** The pickled object: Maps, arrays, numbers, strings and {@link LazyTensor}s. */
  readonly root: unknown;
  /** Raw bytes of tensors, in the order given; see {@link byStorage} for the order that reads each storage once. */
  read(tensors: Iterable<LazyTensor>): AsyncGenerator<Uint8Array, void>;
  close(): Promise<void>;
}

interface Container {
  readonly root: unknown;
  readStorage(storage: StorageRef): Promise<Uint8Array>;
}

/** The same items, those of one storage beside each other. */
export function byStorage<T extends { readonly tensor: LazyTensor }>(items: readonly T[]): T[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const { key } = item.tensor.storage;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].flat();
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
  const storages = new Map<string, StorageRef>();
  const { value } = unpickle(await readZipEntry(access, pickle), 0, tensorHooks(storages));
  for (const { key, dtype, length } of storages.values()) {
    const entry = entries.get(`${top}data/${key}`);
    if (!entry) throw new FormatError(`the storage ${printable(key)} is missing`);
    const bytes = length * DTYPE_BYTES[dtype];
    if (entry.size !== bytes)
      throw new FormatError(`the storage ${printable(key)} has ${entry.size} bytes instead of ${bytes}`);
  }
  return { root: value, readStorage: ({ key }) => readZipEntry(access, entries.get(`${top}data/${key}`)!) };
}

async function openLegacy(access: RandomAccess): Promise<Container> {
  const { root, offsets } = await readLegacyHead(access, MAX_PICKLE_BYTES);
  return {
    root,
    readStorage: ({ key, dtype, length }) => access.read(offsets.get(key)!, length * DTYPE_BYTES[dtype]),
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
        container: isZip ? 'zip' : 'legacy',
        size: access.size,
        root,
        read: (tensors) => readTensors([...tensors], (storage) => naming(file, () => readStorage(storage)), file),
        close: () => access.close(),
      };
    });
  } catch (error) {
    await access.close();
    throw error;
  }
}

async function* readTensors(
  tensors: readonly LazyTensor[],
  readStorage: Container['readStorage'],
  file: string,
): AsyncGenerator<Uint8Array, void> {
  checkSharing(tensors, file);
  let held: { key: string; bytes: Uint8Array } | undefined;
  for (const tensor of tensors) {
    const { storage } = tensor;
    if (held?.key !== storage.key) held = { key: storage.key, bytes: await readStorage(storage) };
    yield gatherBytes(tensor, held.bytes);
  }
}

/** What is read must be in proportion to what the file holds. */
function checkSharing(tensors: readonly LazyTensor[], file: string): void {
  const storages = new Map(tensors.map(({ storage }) => [storage.key, storage.length * DTYPE_BYTES[storage.dtype]]));
  const stored = [...storages.values()].reduce((sum, bytes) => sum + bytes, 0);
  const wanted = tensors.reduce((sum, { shape, storage }) => sum + tensorBytes({ dtype: storage.dtype, shape }), 0);
  if (wanted <= MAX_SHARING * stored + FREE_SHARED_BYTES) return;
  throw new UserError('the tensors are views that repeat their storages too often', {
    file,
    expected: `at most ${MAX_SHARING} times the stored ${stored} bytes`,
    found: `${wanted} bytes`,
  });
}
