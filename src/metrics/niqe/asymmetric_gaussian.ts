/**
 * @file The asymmetric generalised Gaussian that fits a sample by moments (Lasmar, Stitou and Berthoumieu, ICIP 2009).
 */
import { gamma } from './gamma.js';

/** Shape, and the scales of the left and the right half. */
export interface AsymmetricGaussian {
  readonly alpha: number;
  readonly left: number;
  readonly right: number;
}

/** Shapes that are tried: 0.2, 0.201, ... 10. */
const SHAPES = Float64Array.from({ length: 9801 }, (_, i) => 0.2 + i * 0.001);
/** Squared mean of the absolute value over the mean of the square, for each shape; grows with it. */
const RATIOS = SHAPES.map((shape) => gamma(2 / shape) ** 2 / (gamma(1 / shape) * gamma(3 / shape)));

/** Index of the ratio nearest to `ratio`. */
function nearest(ratio: number): number {
  let [low, high] = [0, RATIOS.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (RATIOS[middle]! < ratio) low = middle;
    else high = middle;
  }
  return ratio - RATIOS[low]! <= RATIOS[high]! - ratio ? low : high;
}

/** Fits a sample; NaN where it has no positive or no negative values. */
export function fitAsymmetricGaussian(sample: Float64Array): AsymmetricGaussian {
  let [leftSquares, leftCount, rightSquares, rightCount, absolute] = [0, 0, 0, 0, 0];
  for (const value of sample) {
    absolute += Math.abs(value);
    if (value < 0) {
      leftSquares += value * value;
      leftCount++;
    } else if (value > 0) {
      rightSquares += value * value;
      rightCount++;
    }
  }
  const left = Math.sqrt(leftSquares / leftCount);
  const right = Math.sqrt(rightSquares / rightCount);
  const quotient = left / right;
  const ratio = (absolute / sample.length) ** 2 / ((leftSquares + rightSquares) / sample.length);
  const symmetricRatio = (ratio * (quotient ** 3 + 1) * (quotient + 1)) / (quotient ** 2 + 1) ** 2;
  if (Number.isNaN(symmetricRatio)) return { alpha: NaN, left: NaN, right: NaN };
  const alpha = SHAPES[nearest(symmetricRatio)]!;
  const scale = Math.sqrt(gamma(1 / alpha) / gamma(3 / alpha));
  return { alpha, left: left * scale, right: right * scale };
}

/** Mean of the distribution. */
export function meanOf({ alpha, left, right }: AsymmetricGaussian): number {
  return (right - left) * (gamma(2 / alpha) / gamma(1 / alpha));
}
