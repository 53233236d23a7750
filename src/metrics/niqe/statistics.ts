/** @file NIQE's features of all blocks of an image, and their distance from those of pristine photographs. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import type { Plane } from '../planes.js';
import { blockFeatures } from './block_features.js';
import { halved } from './halved.js';
import { normalisedRows, type Rounding } from './normalised_rows.js';

/** Side of a block at full size. */
export const BLOCK = 96;

/** A multivariate Gaussian over the 36 features: mean [36,1], covariance [36,36]. */
export interface FeatureStatistics {
  readonly mean: Matrix;
  readonly covariance: Matrix;
}

/** The upper left part that is made of whole blocks. */
function wholeBlocks({ height, width, data }: Plane): Plane {
  const [h, w] = [height - (height % BLOCK), width - (width % BLOCK)];
  const out = new Float64Array(h * w);
  for (let y = 0; y < h; y++) out.set(data.subarray(y * width, y * width + w), y * w);
  return { height: h, width: w, data: out };
}

/**
 * Features of every block, 18 of the full and 18 of the halved plane side by side: [blocks][36].
 * @param luma In 0..255, integers. What is left of whole blocks on the right and at the bottom is not looked at.
 */
export function imageFeatures(luma: Plane, rounding: Rounding): number[][] {
  const plane = wholeBlocks(luma);
  const half = halved(plane);
  const features: number[][] = [];
  for (let row = 0; row < plane.height / BLOCK; row++) {
    const fine = normalisedRows(plane, row * BLOCK, BLOCK, rounding);
    const coarse = normalisedRows(half, (row * BLOCK) / 2, BLOCK / 2, rounding);
    for (let column = 0; column < plane.width / BLOCK; column++) {
      features.push([...blockFeatures(fine, BLOCK, column), ...blockFeatures(coarse, BLOCK / 2, column)]);
    }
  }
  return features;
}

/** Statistics of an image's blocks; those without contrast, whose features are NaN, are left out. Undefined for fewer than two. */
export function blockStatistics(features: readonly number[][]): FeatureStatistics | undefined {
  const usable = features.filter((row) => !row.some(Number.isNaN));
  if (usable.length < 2) return undefined;
  const blocks = new Matrix(usable);
  const mean = blocks.mean('column');
  const centred = blocks.subRowVector(mean);
  return {
    mean: Matrix.columnVector(mean),
    covariance: centred
      .transpose()
      .mmul(centred)
      .div(usable.length - 1),
  };
}

/** sqrt(d' ((A + B) / 2)^-1 d), d the difference of the means (eq. 10 of the paper). */
export function statisticsDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  const difference = Matrix.sub(a.mean, b.mean);
  const pooled = Matrix.add(a.covariance, b.covariance).div(2);
  return Math.sqrt(difference.dot(new CholeskyDecomposition(pooled).solve(difference)));
}
