/** @file The sum that is minimised. */
import { tf, type Tensor, type Tensors } from '../engine/tfjs.js';

/** Sum of scalar terms, each times its weight; a term without a weight counts once. Scalar. */
export function weightedSum(terms: Tensors, weights: Readonly<Record<string, number>> = {}): Tensor {
  return tf.tidy(() => tf.addN(Object.entries(terms).map(([name, term]) => term.mul(weights[name] ?? 1))));
}
