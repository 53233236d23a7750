/** @file NIQE's 18 features of a block of normalised values: how they, and products of neighbours, are distributed. */
import type { Plane } from '../planes.js';
import { fitAsymmetricGaussian, meanOf } from './asymmetric_gaussian.js';

/** Rows and columns to the neighbour: right, below, and both diagonals. */
const NEIGHBOURS = [
  [0, 1],
  [1, 0],
  [1, 1],
  [1, -1],
] as const;

/** A square of a row of blocks. */
function block({ width, data }: Plane, size: number, column: number): Float64Array {
  const values = new Float64Array(size * size);
  for (let y = 0; y < size; y++) {
    const from = y * width + column * size;
    values.set(data.subarray(from, from + size), y * size);
  }
  return values;
}

/** Products of each value with its neighbour; blocks close upon themselves. */
function products(values: Float64Array, size: number, [down, right]: readonly [number, number]): Float64Array {
  return values.map((value, i) => {
    const y = (Math.floor(i / size) - down + size) % size;
    const x = ((i % size) - right + size) % size;
    return value * values[y * size + x]!;
  });
}

/**
 * Features of one block: shape and mean scale of the values; shape, mean and both scales of each neighbour's products.
 * @param plane A row of square blocks: its height is `size`.
 * @returns 18 numbers; NaN in a block without contrast.
 */
export function blockFeatures(plane: Plane, size: number, column: number): number[] {
  const values = block(plane, size, column);
  const own = fitAsymmetricGaussian(values);
  const pairs = NEIGHBOURS.flatMap((neighbour) => {
    const fit = fitAsymmetricGaussian(products(values, size, neighbour));
    return [fit.alpha, meanOf(fit), fit.left, fit.right];
  });
  return [own.alpha, (own.left + own.right) / 2, ...pairs];
}
