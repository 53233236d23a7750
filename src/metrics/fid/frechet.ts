/** @file The Fréchet distance of two Gaussians that are given by samples (Dowson and Landau, 1982). */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Mean, and a factor F with F'F = the unbiased covariance, of as few rows as there are samples or features. */
interface Factored {
  readonly mean: number[];
  readonly factor: Matrix;
}

function factored(samples: readonly Float32Array[]): Factored {
  const rows = new Matrix(samples.map((sample) => Array.from(sample)));
  const mean = rows.mean('column');
  const centred = rows.subRowVector(mean).div(Math.sqrt(samples.length - 1));
  if (centred.rows <= centred.columns) return { mean, factor: centred };
  const covariance = centred.transpose().mmul(centred);
  const cholesky = new CholeskyDecomposition(covariance);
  return { mean, factor: cholesky.isPositiveDefinite() ? cholesky.lowerTriangularMatrix.transpose() : centred };
}

/** Sum of the singular values. */
function nuclearNorm(matrix: Matrix): number {
  const narrow = matrix.rows <= matrix.columns ? matrix : matrix.transpose();
  const { realEigenvalues } = new EigenvalueDecomposition(narrow.mmul(narrow.transpose()), { assumeSymmetric: true });
  return realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
}

/**
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of the samples' means and unbiased covariances.
 *
 * With C = F'F the trace of (C1 C2)^(1/2) is the sum of F1 F2's singular values, F2 transposed: no matrix root, and no larger
 * matrix than there are samples.
 * @param a,b At least two samples each, all of one length.
 */
export function frechetDistance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  const [first, second] = [factored(a), factored(b)];
  const meanTerm = first.mean.reduce((sum, value, i) => sum + (value - second.mean[i]!) ** 2, 0);
  // tr(F'F) is the sum of all squares.
  const traces = first.factor.norm('frobenius') ** 2 + second.factor.norm('frobenius') ** 2;
  return meanTerm + traces - 2 * nuclearNorm(first.factor.mmul(second.factor.transpose()));
}
