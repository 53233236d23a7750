/**
 * @file The names a weight file's pickle may use, and the tensors they describe: views into storages that are read later.
 */
import { DTYPE_BYTES, type DType } from '../dtypes.js';
import { printable } from '../printable.js';
import { elementCount } from '../raw_tensor.js';
import { FormatError } from './format_error.js';
import type { PickleGlobal, PickleHooks } from './pickle.js';

/** A run of numbers in the file; several tensors may look into the same one. */
export interface StorageRef {
  readonly key: string;
  readonly dtype: DType;
  /** Count of numbers. */
  readonly length: number;
}

/** A tensor that was described but not read. Sizes, strides and offset count elements. */
export class LazyTensor {
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly stride: readonly number[],
  ) {}
}

/** Number formats of the typed storages, by their names in the module `torch`. */
export const STORAGE_TYPES: Readonly<Record<string, DType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** A broadcast view may hold more elements than its storage, but no more than this: a tiny file must not fill the memory. */
const MAX_BROADCAST = 2 ** 18;

/** Far beyond any parameter's rank. */
const MAX_RANK = 64;

class StorageType implements PickleGlobal {
  readonly call = null;

  constructor(readonly dtype: DType) {}
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

class Storage implements StorageRef {
  constructor(
    readonly key: string,
    readonly dtype: DType,
    readonly length: number,
    /** Where a legacy view of another storage begins. */
    readonly viewOffset: number,
  ) {}
}

/** `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`. */
function rebuildTensor(args: readonly unknown[]): LazyTensor {
  const [storage, offset, shape, stride] = args;
  if (!(storage instanceof Storage)) throw new FormatError('a tensor has no storage');
  if (Array.isArray(shape) && shape.length > MAX_RANK) throw new FormatError('a tensor has too many dimensions');
  if (!isCount(offset) || !isCounts(shape) || !isCounts(stride) || shape.length !== stride.length) {
    throw new FormatError('a tensor has impossible sizes or strides');
  }
  const count = elementCount(shape);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * stride[axis]!, storage.viewOffset + offset);
  if (count > 0 && last >= storage.length) {
    throw new FormatError(
      `a tensor of shape [${printable(shape.join(','))}] reaches beyond its storage of ${storage.length} numbers`,
    );
  }
  if (count > Math.max(storage.length, MAX_BROADCAST)) {
    throw new FormatError(`a tensor of shape [${shape.join(',')}] repeats a storage of only ${storage.length} numbers`);
  }
  return new LazyTensor(storage, storage.viewOffset + offset, shape, stride);
}

function rebuildParameter([data]: readonly unknown[]): LazyTensor {
  if (!(data instanceof LazyTensor)) throw new FormatError('a parameter has no tensor');
  return data;
}

/** `collections.OrderedDict()`, or of a list of pairs as Python 2 wrote it. */
function orderedDict([pairs = []]: readonly unknown[]): Map<unknown, unknown> {
  if (!Array.isArray(pairs)) throw new FormatError('an ordered dictionary is made of no list');
  return new Map(
    pairs.map((pair: unknown) => {
      if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
        throw new FormatError('an ordered dictionary is made of no pairs');
      }
      return [pair[0], pair[1] as unknown];
    }),
  );
}

/** `_codecs.encode(text, "latin1")`: how protocol 2 writes bytes. */
function latin1Bytes([text, encoding]: readonly unknown[]): Uint8Array {
  if (typeof text !== 'string' || encoding !== 'latin1')
    throw new FormatError('the pickle encodes text in an unsupported way');
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

const ALLOWED: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ['collections.OrderedDict', { call: orderedDict }],
  ['_codecs.encode', { call: latin1Bytes }],
  ['torch._utils._rebuild_tensor_v2', { call: rebuildTensor }],
  ['torch._utils._rebuild_parameter', { call: rebuildParameter }],
  ['torch.Size', { call: ([sizes]) => sizes }],
  ['torch.device', { call: ([name]) => name }],
  ['torch.serialization._get_layout', { call: ([name]) => name }],
  ...Object.entries(STORAGE_TYPES).map(([name, dtype]): [string, PickleGlobal] => [
    `torch.${name}`,
    new StorageType(dtype),
  ]),
]);

/** Persistent id `("storage", type, key, location, count[, view])`; view = None or (key, offset, count) in old files. */
function storageOf(id: unknown, known: Map<string, Storage>): Storage {
  if (!Array.isArray(id) || id[0] !== 'storage')
    throw new FormatError('the pickle refers to something that is no storage');
  const [, type, key, , length, view] = id as unknown[];
  if (!(type instanceof StorageType) || typeof key !== 'string' || !isCount(length)) {
    throw new FormatError('the pickle describes a storage wrongly');
  }
  const first = known.get(key);
  if (first && (first.dtype !== type.dtype || first.length !== length)) {
    throw new FormatError(`the storage ${printable(key)} is described in two ways`);
  }
  const root = first ?? new Storage(key, type.dtype, length, 0);
  known.set(key, root);
  if (view === undefined || view === null) return root;
  if (!Array.isArray(view) || !isCount(view[1])) throw new FormatError('the pickle describes a storage wrongly');
  return new Storage(key, type.dtype, length, view[1]);
}

/**
 * Hooks for `unpickle` that allow exactly the names above.
 * @param storages Filled with every storage the pickle mentions, by key.
 */
export function tensorHooks(storages: Map<string, StorageRef>): PickleHooks {
  const known = new Map<string, Storage>();
  return {
    global: (module, name) => ALLOWED.get(`${module}.${name}`),
    persistent: (id) => {
      const storage = storageOf(id, known);
      storages.set(storage.key, storage);
      return storage;
    },
  };
}

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** Bytes as words of one element each, copied only where they are not aligned. */
function asWords(bytes: Uint8Array, elementBytes: number): Words {
  const { buffer, byteOffset, byteLength } = aligned(bytes, elementBytes);
  const length = byteLength / elementBytes;
  switch (elementBytes) {
    case 1:
      return new Uint8Array(buffer, byteOffset, length);
    case 2:
      return new Uint16Array(buffer, byteOffset, length);
    case 4:
      return new Uint32Array(buffer, byteOffset, length);
    default:
      return new BigUint64Array(buffer, byteOffset, length);
  }
}

function aligned(bytes: Uint8Array, elementBytes: number): Uint8Array {
  return bytes.byteOffset % elementBytes === 0 ? bytes : new Uint8Array(bytes);
}

/**
 * A tensor's bytes, row-major, from those of its storage: a view of them where its elements follow each other, else a copy.
 */
export function gatherBytes({ storage, offset, shape, stride }: LazyTensor, bytes: Uint8Array): Uint8Array {
  const count = elementCount(shape);
  const elementBytes = DTYPE_BYTES[storage.dtype];
  let inner = 1;
  const rowMajor = shape.toReversed().every((size, fromLast) => {
    const follows = size === 1 || stride[shape.length - 1 - fromLast] === inner;
    inner *= size;
    return follows;
  });
  if (rowMajor || count === 0) return bytes.subarray(offset * elementBytes, (offset + count) * elementBytes);
  const from = asWords(bytes, elementBytes);
  const to = asWords(new Uint8Array(count * elementBytes), elementBytes);
  const index = new Array<number>(shape.length).fill(0);
  let position = offset;
  for (let i = 0; i < count; i++) {
    to[i] = from[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      position -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return new Uint8Array(to.buffer);
}
