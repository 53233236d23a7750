/** @file The circular low-pass filter whose overshoot looks like the ringing of cameras and encoders. */
import { normalised } from './kernels.js';

/** Points of the trapezoidal rule; its error vanishes once there are more of them than the argument is large. */
const POINTS = 256;
const ANGLES = Array.from({ length: POINTS }, (_, k) => (2 * Math.PI * k) / POINTS);
const SINES = ANGLES.map(Math.sin);

/**
 * Bessel function of the first kind, order 1, by its integral (1 / 2 pi) of cos(a - x sin a) over a period, where the
 * trapezoidal rule is exact to rounding.
 * @param x |x| < 150
 */
export function besselJ1(x: number): number {
  let sum = 0;
  for (let k = 0; k < POINTS; k++) sum += Math.cos(ANGLES[k]! - x * SINES[k]!);
  return sum / POINTS;
}

/**
 * Ideal circular low-pass filter: cutoff J1(cutoff r) / (2 pi r) at distance r from the centre, cut off at the kernel's
 * border.
 * @param cutoff radians per pixel, in (0, pi]
 * @param size side, odd
 * @returns [size, size] row by row, of sum 1
 */
export function sincKernel(cutoff: number, size: number): Float64Array {
  const centre = (size - 1) / 2;
  const values = new Map<number, number>([[0, cutoff ** 2 / (4 * Math.PI)]]);
  const kernel = new Float64Array(size * size).map((_, i) => {
    const squared = (Math.floor(i / size) - centre) ** 2 + ((i % size) - centre) ** 2;
    // Few distances occur often.
    const known = values.get(squared);
    if (known !== undefined) return known;
    const distance = Math.sqrt(squared);
    const value = (cutoff * besselJ1(cutoff * distance)) / (2 * Math.PI * distance);
    values.set(squared, value);
    return value;
  });
  return normalised(kernel);
}
