/** @file Non-saturating logistic GAN objectives on the discriminator's logits [B]. */
import { tf, type Tensor } from '../engine/tfjs.js';

/** mean softplus(-D(real)) + mean softplus(D(fake)): what the head, and the fake's encoder with it, minimise. Scalar. */
export function discriminatorLoss(real: Tensor, fake: Tensor): Tensor {
  return tf.tidy(() => tf.add(generatorLoss(real), tf.mean(tf.softplus(fake))));
}

/** mean softplus(-D(fake)): what the student minimises. Scalar. */
export function generatorLoss(fake: Tensor): Tensor {
  return tf.tidy(() => tf.mean(tf.softplus(tf.neg(fake))));
}
