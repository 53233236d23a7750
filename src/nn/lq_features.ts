/** @file How the LR image is brought to the latent's size before it is concatenated. */
import type { Params, Tensor } from '../engine/tfjs.js';
import { UserError } from '../errors/user_error.js';
import { silu } from './activations.js';
import { conv3x3, strided3x3 } from './conv.js';
import { pixelUnshuffle2, upsampleNearest } from './resample.js';
import type { UNetPlan } from './unet_config.js';

function size(tensor: Tensor): string {
  return `${tensor.shape[1]}x${tensor.shape[2]}`;
}

/**
 * LR features of x's height and width.
 *
 * With a feature extractor its strided stages do it; without one an LR image of equal size passes, one of a quarter of
 * the side is repeated 4x4 and one of twice the side is pixel-unshuffled (12 channels).
 * @param lq [B,h,w,3] (4 channels with a mask), RGB in [-1,1], not scaled by the noise normaliser.
 * @param x [B,H,W,C]
 * @throws UserError when the sizes do not match.
 */
export function lqFeatures(params: Params, stages: UNetPlan['lqStages'], lq: Tensor, x: Tensor): Tensor {
  let features = lq;
  if (stages.length > 0) {
    stages.forEach((_, stage) => {
      features = silu(conv3x3(params, `feature_extractor.${3 * stage}`, features));
      features = strided3x3(params, `feature_extractor.${3 * stage + 2}.op`, features, 1);
    });
  } else if (lq.shape[1]! * 4 === x.shape[1]) {
    features = upsampleNearest(lq, 4);
  } else if (lq.shape[1] === x.shape[1]! * 2) {
    features = pixelUnshuffle2(lq);
  }
  if (features.shape[1] !== x.shape[1] || features.shape[2] !== x.shape[2]) {
    throw new UserError(`the LR image of ${size(lq)} does not fit the latent of ${size(x)}`, {
      expected:
        stages.length > 0
          ? `${2 ** stages.length} times the latent's sides`
          : 'sides equal to the latent, a quarter or twice as long',
    });
  }
  return features;
}
