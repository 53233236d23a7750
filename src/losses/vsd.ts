/** @file The VSD baseline objective ("ResShift-VSD"). */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { DistillationPair } from './distillation_pair.js';
import { perSampleMean } from './per_sample.js';
import { stopGradient } from '../nn/stop_gradient.js';

/**
 * 2 mean[sg(f_phi - f*) z0_hat] (RSD algorithm 2): matches the marginals at each t only; no gradient through either network.
 * @returns [B]; only its gradient means something.
 */
export function vsdLoss({ teacher, fake, z0Hat }: DistillationPair): Tensor {
  return tf.tidy(() => perSampleMean(stopGradient(tf.sub(fake, teacher)).mul(z0Hat)).mul(2));
}
