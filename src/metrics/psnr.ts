/** @file PSNR by the two published conventions: the one training logs, and the one of the evaluation script. */
import type { Pixels } from '../images/pixels.js';
import { lumaPlane, requireSameSize, roundedPlanes, throughFile, type ColorSpace, type Plane } from './planes.js';

function meanSquaredError(a: readonly Plane[], b: readonly Plane[]): number {
  let sum = 0;
  let count = 0;
  a.forEach(({ data }, plane) => {
    const other = b[plane]!.data;
    for (let i = 0; i < data.length; i++) sum += (data[i]! - other[i]!) ** 2;
    count += data.length;
  });
  return sum / count;
}

/**
 * PSNR in dB as training logs it (docs: "trainer" definition): 8-bit values rounded half to even, 20 log10(255 / RMSE).
 * @param a,b [h,w,3] in [0,1].
 * @param options.color Luma of BT.601 in studio range by default.
 * @param options.border Pixels left out on every side, 0 by default.
 * @returns Infinity for equal images.
 */
export function trainerPsnr(
  a: Pixels,
  b: Pixels,
  { color = 'y', border = 0 }: { color?: ColorSpace; border?: number } = {},
): number {
  requireSameSize(a, b);
  const mse = meanSquaredError(roundedPlanes(a, color, border), roundedPlanes(b, color, border));
  return 20 * Math.log10(255 / Math.sqrt(mse));
}

/**
 * PSNR in dB as the evaluation script of the published tables has it: of 8-bit files, luma in [0,1] and
 * not rounded, 1e-8 added to the error.
 * @param a,b [h,w,3] in [0,1].
 * @returns 80 for equal images.
 */
export function evaluationPsnr(a: Pixels, b: Pixels): number {
  requireSameSize(a, b);
  const mse = meanSquaredError([lumaPlane(throughFile(a))], [lumaPlane(throughFile(b))]) / 255 ** 2;
  return -10 * Math.log10(mse + 1e-8);
}
