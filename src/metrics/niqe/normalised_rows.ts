/** @file Rows of a plane divided by their local contrast (Ruderman, 1994), for NIQE. */
import type { Plane } from '../planes.js';

const RADIUS = 3;
const SIGMA = 7 / 6;
const SIDE = 2 * RADIUS + 1;
/** Keeps flat regions finite; in 8-bit units. */
const STABILISER = 1;

/**
 * What is rounded to float32, the rest being float64: the window's weights (evaluation script) or every result (basicsr).
 *
 * This matters in flat regions: the sign of the rounding error of (value - mean) decides which half of a distribution a
 * pixel counts to; exact zeros count to neither.
 */
export type Rounding = 'window' | 'results';

/** Gaussian window [7,7], row by row. */
const WINDOW = ((): Float64Array => {
  const weights = Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE) - RADIUS, (i % SIDE) - RADIUS];
    return Math.exp(-(x * x + y * y) / (2 * SIGMA ** 2));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
})();

const SINGLE_WINDOW = WINDOW.map(Math.fround);

const clampIndex = (index: number, size: number): number => Math.min(Math.max(index, 0), size - 1);

/** Weighted means around the pixels of some rows, of the values and of their squares; beyond the border the edge goes on. */
function localMeans(plane: Plane, top: number, rows: number, window: Float64Array): [Float64Array, Float64Array] {
  const { height, width, data } = plane;
  const [means, squares] = [new Float64Array(rows * width), new Float64Array(rows * width)];
  const columns = Int32Array.from({ length: width + 2 * RADIUS }, (_, i) => clampIndex(i - RADIUS, width));
  for (let y = 0; y < rows; y++) {
    for (let k = 0; k < window.length; k++) {
      const from = clampIndex(top + y + Math.floor(k / SIDE) - RADIUS, height) * width;
      const [shift, weight] = [k % SIDE, window[k]!];
      for (let x = 0; x < width; x++) {
        const value = data[from + columns[x + shift]!]!;
        means[y * width + x]! += weight * value;
        squares[y * width + x]! += weight * (value * value);
      }
    }
  }
  return [means, squares];
}

/** (value - local mean) / (local standard deviation + 1) of some rows, over a Gaussian window 7x7. */
export function normalisedRows(plane: Plane, top: number, rows: number, rounding: Rounding): Plane {
  const round = rounding === 'results' ? Math.fround : (value: number) => value;
  const window = rounding === 'window' ? SINGLE_WINDOW : WINDOW;
  const [means, squares] = localMeans(plane, top, rows, window);
  const data = means.map((unrounded, i) => {
    const mean = round(unrounded);
    const deviation = round(Math.sqrt(Math.abs(round(round(squares[i]!) - round(mean * mean)))));
    return round(round(plane.data[top * plane.width + i]! - mean) / round(deviation + STABILISER));
  });
  return { height: rows, width: plane.width, data };
}
