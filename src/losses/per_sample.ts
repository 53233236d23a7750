/** @file Reductions that keep the batch. */
import { tf, type Tensor } from '../engine/tfjs.js';

/** Mean over everything but the batch: [B, ...] -> [B]. */
export function perSampleMean(x: Tensor): Tensor {
  return tf.mean(
    x,
    Array.from({ length: x.rank - 1 }, (_, i) => i + 1),
  );
}
