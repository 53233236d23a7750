/** @file The SiD objective, the family RSD belongs to. */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { DistillationPair } from './distillation_pair.js';
import { perSampleMean } from './per_sample.js';

/**
 * mean[(f* - f_phi) ((f* - z0_hat) - alpha (f* - f_phi))] (RSD eq. 33); RSD is twice this with alpha = 0.5, SiD uses 1.0 to 1.2.
 * @returns [B].
 */
export function sidLoss({ teacher, fake, z0Hat }: DistillationPair, alpha: number): Tensor {
  return tf.tidy(() => {
    const difference = tf.sub(teacher, fake);
    return perSampleMean(difference.mul(tf.sub(teacher, z0Hat).sub(difference.mul(alpha))));
  });
}
