/**
 * @file The pickle of a state dict: an ordered dictionary of tensors in protocol 2, with no other name than PyTorch's
 * `weights_only` loader allows.
 */
import { UserError } from '../../errors/user_error.js';
import type { DType } from '../dtypes.js';
import { printable } from '../printable.js';
import { elementCount, type TensorHeader } from '../raw_tensor.js';
import { STORAGE_TYPES } from './tensors.js';

const STORAGE_NAMES = new Map(Object.entries(STORAGE_TYPES).map(([name, dtype]) => [dtype, name]));

const [MARK, TUPLE, REDUCE, STOP, SETITEMS] = [0x28, 0x74, 0x52, 0x2e, 0x75];
const [EMPTY_TUPLE, NEWFALSE, BINPERSID] = [0x29, 0x89, 0x51];
const [PROTO, GLOBAL, BINUNICODE, BININT, LONG1] = [0x80, 0x63, 0x58, 0x4a, 0x8a];

function opGlobal(module: string, name: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(GLOBAL), Buffer.from(`${module}\n${name}\n`)]);
}

function opText(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(5);
  head[0] = BINUNICODE;
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** A whole number of at least zero. */
function opCount(value: number): Uint8Array {
  const bytes = Buffer.alloc(value < 2 ** 31 ? 5 : 10);
  if (bytes.length === 5) {
    bytes[0] = BININT;
    bytes.writeInt32LE(value, 1);
  } else {
    bytes[0] = LONG1;
    bytes[1] = 8;
    bytes.writeBigInt64LE(BigInt(value), 2);
  }
  return bytes;
}

function opTuple(items: readonly Uint8Array[]): Uint8Array {
  if (items.length === 0) return Uint8Array.of(EMPTY_TUPLE);
  return Buffer.concat([Uint8Array.of(MARK), ...items, Uint8Array.of(TUPLE)]);
}

function opCall(target: Uint8Array, args: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([target, opTuple(args), Uint8Array.of(REDUCE)]);
}

const newDict = (): Uint8Array => opCall(opGlobal('collections', 'OrderedDict'), []);

function storageName(name: string, dtype: DType): string {
  const storage = STORAGE_NAMES.get(dtype);
  if (storage !== undefined) return storage;
  throw new UserError('a .pth file cannot hold this number format', {
    key: printable(name),
    found: dtype,
    remedy: 'Write a .safetensors file',
  });
}

function opTensor({ name, dtype, shape }: TensorHeader, index: number): Uint8Array {
  const storage = opTuple([
    opText('storage'),
    opGlobal('torch', storageName(name, dtype)),
    opText(String(index)),
    opText('cpu'),
    opCount(elementCount(shape)),
  ]);
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, size) => product * Math.max(1, size), 1),
  );
  return opCall(opGlobal('torch._utils', '_rebuild_tensor_v2'), [
    Buffer.concat([storage, Uint8Array.of(BINPERSID)]),
    opCount(0),
    opTuple(shape.map(opCount)),
    opTuple(strides.map(opCount)),
    Uint8Array.of(NEWFALSE),
    newDict(),
  ]);
}

/**
 * The pickle of `OrderedDict(name -> tensor)`; the tensor at position n has the storage with key `n` to itself.
 * @throws UserError for a number format that PyTorch's storages do not have (unsigned integers wider than a byte).
 */
export function pickleStateDict(headers: readonly TensorHeader[]): Uint8Array {
  const items = headers.flatMap((header, index) => [opText(header.name), opTensor(header, index)]);
  const body = items.length > 0 ? [Uint8Array.of(MARK), ...items, Uint8Array.of(SETITEMS)] : [];
  return Buffer.concat([Uint8Array.of(PROTO, 2), newDict(), ...body, Uint8Array.of(STOP)]);
}
