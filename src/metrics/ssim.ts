/**
 * @file SSIM (Wang et al., 2004) by the two published conventions: the one training logs, and the evaluation script's.
 *
 * Both: 8-bit values, Gaussian window 11x11 of sigma 1.5, only windows inside the image, no downsampling.
 */
import type { Pixels } from '../images/pixels.js';
import { requireSameSize, roundedPlanes, throughFile, type ColorSpace, type Plane } from './planes.js';

const RADIUS = 5;
/** Smallest side of an image that has a window. */
export const MIN_SSIM_SIDE = 2 * RADIUS + 1;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

const WINDOW = ((): Float64Array => {
  const weights = Float64Array.from({ length: 2 * RADIUS + 1 }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
})();

/** Weighted means over all windows inside the plane: [h,w] -> [h-10,w-10]. */
function windowMeans({ height, width, data }: Plane): Float64Array {
  const outHeight = height - 2 * RADIUS;
  const outWidth = width - 2 * RADIUS;
  const rows = new Float64Array(outHeight * width);
  for (let y = 0; y < outHeight; y++) {
    for (let k = 0; k < WINDOW.length; k++) {
      const weight = WINDOW[k]!;
      const from = (y + k) * width;
      for (let x = 0; x < width; x++) rows[y * width + x]! += weight * data[from + x]!;
    }
  }
  const means = new Float64Array(outHeight * outWidth);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW.length; k++) sum += WINDOW[k]! * rows[y * width + x + k]!;
      means[y * outWidth + x] = sum;
    }
  }
  return means;
}

const multiplied = (a: Plane, b: Plane): Plane => ({ ...a, data: a.data.map((value, i) => value * b.data[i]!) });

/** Rows of windows computed at a time: memory beyond the planes does not grow with their height. */
const BAND = 64;

/** Rows `from` to `end` of a plane, data shared. */
function rowsOf({ width, data }: Plane, from: number, end: number): Plane {
  return { height: end - from, width, data: data.subarray(from * width, end * width) };
}

/** Sum of SSIM over all windows; the contrast-structure term is not let below `floor`. */
function windowSum(a: Plane, b: Plane, floor: number): number {
  const meanA = windowMeans(a);
  const meanB = windowMeans(b);
  const squareA = windowMeans(multiplied(a, a));
  const squareB = windowMeans(multiplied(b, b));
  const product = windowMeans(multiplied(a, b));
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const [ma, mb] = [meanA[i]!, meanB[i]!];
    const variances = squareA[i]! - ma * ma + (squareB[i]! - mb * mb);
    const contrast = (2 * (product[i]! - ma * mb) + C2) / (variances + C2);
    sum += ((2 * ma * mb + C1) / (ma * ma + mb * mb + C1)) * Math.max(contrast, floor);
  }
  return sum;
}

/** Mean SSIM of two planes; the contrast-structure term is not let below `floor`. */
function planeSsim(a: Plane, b: Plane, floor: number): number {
  const [rows, columns] = [a.height - 2 * RADIUS, a.width - 2 * RADIUS];
  if (rows <= 0 || columns <= 0) throw new Error(`SSIM needs 11x11 pixels or more, found ${a.height}x${a.width}`);
  let sum = 0;
  for (let top = 0; top < rows; top += BAND) {
    const end = Math.min(top + BAND, rows) + 2 * RADIUS;
    sum += windowSum(rowsOf(a, top, end), rowsOf(b, top, end), floor);
  }
  return sum / (rows * columns);
}

/**
 * SSIM as training logs it ("trainer" definition); for RGB the mean of the three channels.
 * @param a,b [h,w,3] in [0,1], at least 11x11 without the border.
 * @param options.color Luma of BT.601 in studio range by default.
 * @param options.border Pixels left out on every side, 0 by default.
 * @returns In [-1,1], 1 for equal images.
 */
export function trainerSsim(
  a: Pixels,
  b: Pixels,
  { color = 'y', border = 0 }: { color?: ColorSpace; border?: number } = {},
): number {
  requireSameSize(a, b);
  const others = roundedPlanes(b, color, border);
  const values = roundedPlanes(a, color, border).map((plane, i) => planeSsim(plane, others[i]!, -Infinity));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * SSIM as the evaluation script of the published tables has it: of 8-bit files, luma, contrast-structure term not below 0.
 * @param a,b [h,w,3] in [0,1], at least 11x11.
 * @returns In [0,1], 1 for equal images.
 */
export function evaluationSsim(a: Pixels, b: Pixels): number {
  requireSameSize(a, b);
  const [planeA] = roundedPlanes(throughFile(a), 'y', 0);
  const [planeB] = roundedPlanes(throughFile(b), 'y', 0);
  return planeSsim(planeA!, planeB!, 0);
}
