/**
 * @file The one conversion between the official (PyTorch) parameter layout on disk and TensorFlow's layout in memory.
 *
 * Convolutions `[out,in,kh,kw]` <-> `[kh,kw,in,out]`; linear layers `[out,in]` <-> `[in,out]`; everything else is the same.
 */
import type { HostTensor, HostTree } from '../weights/tree.js';

/** Rank-2 parameters that are tables of rows, not matrices of a linear layer. */
const TABLE_NAMES = /(^|\.)relative_position_bias_table$|embedding\.weight$/;

/** Moves `[first, middle, last]` to `[last, middle, first]`. */
function swapEnds(data: Float32Array, first: number, middle: number, last: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let f = 0; f < first; f++) {
    for (let m = 0; m < middle; m++) {
      const from = (f * middle + m) * last;
      for (let l = 0; l < last; l++) out[(l * middle + m) * first + f] = data[from + l]!;
    }
  }
  return out;
}

function isVectorOrTable(name: string, shape: readonly number[]): boolean {
  return shape.length <= 1 || (shape.length === 2 && TABLE_NAMES.test(name));
}

function unknownLayout(name: string, shape: readonly number[]): Error {
  return new Error(`${name}: no layout is known for a parameter of shape [${shape.join(',')}]`);
}

/** Shape in memory of a parameter whose official shape is given. */
export function toMemoryShape(name: string, shape: readonly number[]): readonly number[] {
  if (isVectorOrTable(name, shape)) return shape;
  const [out, inputs, kh, kw] = shape as [number, number, number, number];
  if (shape.length === 2) return [inputs, out];
  if (shape.length === 4) return [kh, kw, inputs, out];
  throw unknownLayout(name, shape);
}

/**
 * Official layout -> memory layout. Data of vectors and tables is shared, not copied.
 * @throws Error for ranks 3, 5 and above: no network here has such parameters.
 */
export function toMemoryLayout(name: string, tensor: HostTensor): HostTensor {
  const { shape, data } = tensor;
  if (isVectorOrTable(name, shape)) return tensor;
  const memory = toMemoryShape(name, shape);
  const [out, inputs, kh, kw] = shape as [number, number, number, number];
  const swapped = shape.length === 2 ? swapEnds(data, out, 1, inputs) : swapEnds(data, out, inputs, kh * kw);
  return { shape: memory, data: swapped };
}

/** Memory layout -> official layout, the inverse of {@link toMemoryLayout}. */
export function toOfficialLayout(name: string, tensor: HostTensor): HostTensor {
  const { shape, data } = tensor;
  if (isVectorOrTable(name, shape)) return tensor;
  if (shape.length === 2) {
    const [inputs, out] = shape as [number, number];
    return { shape: [out, inputs], data: swapEnds(data, inputs, 1, out) };
  }
  if (shape.length === 4) {
    const [kh, kw, inputs, out] = shape as [number, number, number, number];
    return { shape: [out, inputs, kh, kw], data: swapEnds(data, kh * kw, inputs, out) };
  }
  throw unknownLayout(name, shape);
}

/** A whole tree from the official to the memory layout, order kept. */
export function treeToMemory(tree: HostTree): HostTree {
  return new Map([...tree].map(([name, tensor]) => [name, toMemoryLayout(name, tensor)]));
}

/** A whole tree from the memory to the official layout, order kept. */
export function treeToOfficial(tree: HostTree): HostTree {
  return new Map([...tree].map(([name, tensor]) => [name, toOfficialLayout(name, tensor)]));
}
