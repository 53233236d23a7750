/** @file Tensors as they stand in a file: name, number format, shape, and little-endian row-major bytes. */
import { UserError } from '../errors/user_error.js';
import { DTYPE_BYTES, decodeNumbers, toHalfBits, type DType } from './dtypes.js';

/** A tensor's description. */
export interface TensorHeader {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Tensors that are made or read one at a time: `bytes()` gives those of each header, in the same order. */
export interface TensorStream {
  readonly headers: readonly TensorHeader[];
  bytes(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Count of numbers; 0 if any size is, however large the others are. */
export function elementCount(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/** Bytes of a tensor of this number format and shape. */
export function tensorBytes({ dtype, shape }: Pick<TensorHeader, 'dtype' | 'shape'>): number {
  return elementCount(shape) * DTYPE_BYTES[dtype];
}

const WIDER_THAN_HALF: ReadonlySet<DType> = new Set<DType>(['F64', 'F32', 'BF16']);

/** The header after {@link halved}: floating-point numbers are F16, everything else is as it was. */
export function halvedHeader(header: TensorHeader): TensorHeader {
  return WIDER_THAN_HALF.has(header.dtype) ? { ...header, dtype: 'F16' } : header;
}

/**
 * Floating-point numbers rounded to half precision (nearest, ties to even); integers and halves are left alone.
 * @throws UserError if a finite number is beyond the range of half precision (65504).
 */
export function halved({ name, dtype }: TensorHeader, bytes: Uint8Array): Uint8Array {
  if (!WIDER_THAN_HALF.has(dtype)) return bytes;
  const numbers = decodeNumbers(dtype, bytes) as Float32Array | Float64Array;
  const bits = new Uint16Array(numbers.length);
  for (let i = 0; i < bits.length; i++) {
    const value = numbers[i]!;
    bits[i] = toHalfBits(value);
    if ((bits[i]! & 0x7fff) === 0x7c00 && Number.isFinite(value)) {
      throw new UserError('half precision cannot hold this number', {
        key: name,
        expected: 'magnitudes below 65520',
        found: String(value),
        remedy: 'Leave --half out',
      });
    }
  }
  return new Uint8Array(bits.buffer);
}
