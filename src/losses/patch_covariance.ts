/** @file How far latents are from white noise, by the covariance of their patches (SinSR's optional term). */
import { tf, type Tensor } from '../engine/tfjs.js';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

/** Side of a patch. */
const SIDE = 8;
const VALUES = SIDE * SIDE;

/**
 * Mean squared difference between the covariance of all 8x8 patches of a map (stride 1, unbiased) and `variance` times the
 * identity, summed over the channels.
 * @param latents [B, h, w, C], h and w at least 9; each channel of each sample is a map.
 * @returns [B], 0 for white noise of that variance on a map without end.
 */
export function patchCovarianceLoss(latents: Tensor, variance: number): Tensor {
  const [batch, height, width, channels] = latents.shape as [number, number, number, number];
  const count = (height - SIDE + 1) * (width - SIDE + 1);
  return tf.tidy(() => {
    const maps = tf.transpose(latents, [0, 3, 1, 2]).reshape([batch * channels, height, width, 1]);
    // Each output channel of this convolution is one place of the patch.
    const places = tf.eye(VALUES).reshape([SIDE, SIDE, 1, VALUES]);
    const patches = tf
      .conv2d(maps as Tensor4D, places as Tensor4D, 1, 'valid')
      .reshape([batch * channels, count, VALUES]);
    const centred = tf.sub(patches, tf.mean(patches, 1, true));
    const covariance = tf.matMul(centred, centred, true).div(count - 1);
    const error = tf.square(tf.sub(covariance, tf.eye(VALUES).mul(variance)));
    return tf.sum(tf.mean(error, [1, 2]).reshape([batch, channels]), 1);
  });
}
