/** @file Mean squared error. */
import { tf, type Tensor } from '../engine/tfjs.js';
import { perSampleMean } from './per_sample.js';

/** Mean over all but the batch of (a - b)^2, of images or latents: [B, ...] twice -> [B]. */
export function mseLoss(a: Tensor, b: Tensor): Tensor {
  return tf.tidy(() => perSampleMean(tf.square(tf.sub(a, b))));
}
