/** @file Number formats of weight files: their sizes and how raw little-endian bytes become typed arrays. */

/** Names as in safetensors. */
export type DType =
  'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U64' | 'U32' | 'U16' | 'U8' | 'BOOL';

export type NumericArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

/** Bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<DType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(DTYPE_BYTES, name);
}

/** Every float16 bit pattern as its float32 value. */
const HALF_TABLE = new Float32Array(65536).map((_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** float16 bits of a number, rounded to nearest, ties to even; beyond 65504 becomes infinity. */
export function toHalfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -30)));
  // In units of the last place; a carry into the next exponent falls out of the addition below.
  const units = magnitude / 2 ** (exponent - 10);
  const floor = Math.floor(units);
  const rest = units - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (rounded + (exponent === -14 ? 0 : (exponent + 14) * 1024));
}

/**
 * Little-endian bytes as numbers: F16, BF16 and F32 become float32 (exact), everything else its own typed array.
 * @param bytes Length must be a multiple of the element's size. Never aliased: the result owns its memory.
 */
export function decodeNumbers(dtype: DType, bytes: Uint8Array): NumericArray {
  const size = DTYPE_BYTES[dtype];
  if (bytes.length % size !== 0) throw new Error(`${bytes.length} bytes are no whole number of ${dtype}`);
  // Not slice(): that of a Node Buffer, which inflating gives, is a view of memory shared with others.
  const { buffer } = new Uint8Array(bytes);
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
      return new Float32Array(buffer);
    case 'F16': {
      const bits = new Uint16Array(buffer);
      const out = new Float32Array(bits.length);
      for (let i = 0; i < bits.length; i++) out[i] = HALF_TABLE[bits[i]!]!;
      return out;
    }
    case 'BF16': {
      const bits = new Uint16Array(buffer);
      const out = new Uint32Array(bits.length);
      for (let i = 0; i < bits.length; i++) out[i] = bits[i]! << 16;
      return new Float32Array(out.buffer);
    }
    case 'I64':
      return new BigInt64Array(buffer);
    case 'U64':
      return new BigUint64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'U32':
      return new Uint32Array(buffer);
    case 'I16':
      return new Int16Array(buffer);
    case 'U16':
      return new Uint16Array(buffer);
    case 'I8':
      return new Int8Array(buffer);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer);
  }
}

/** Any numbers as float32, rounded to nearest where float32 cannot hold them. Float32 input is returned as it is. */
export function asFloat32(numbers: NumericArray): Float32Array {
  if (numbers instanceof Float32Array) return numbers;
  if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array) return Float32Array.from(numbers, Number);
  return Float32Array.from(numbers);
}
