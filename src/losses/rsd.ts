/** @file The RSD objective. */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { DistillationPair } from './distillation_pair.js';
import { mseLoss } from './mse.js';

/**
 * mean[f*^2 - f_phi^2 + 2 (f_phi - f*) z0_hat] (RSD eq. 10) as mean[(f* - z0_hat)^2] - mean[(f_phi - z0_hat)^2] (eq. 34):
 * same value and gradient, less cancellation. The gradient runs through z0_hat and through both networks' input z_t.
 * May be negative.
 * @returns [B].
 */
export function rsdLoss({ teacher, fake, z0Hat }: DistillationPair): Tensor {
  return tf.tidy(() => tf.sub(mseLoss(teacher, z0Hat), mseLoss(fake, z0Hat)));
}
