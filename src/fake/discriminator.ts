/** @file The GAN discriminator: a small head on the middle block of the fake ResShift. */
import { scaleInput } from '../diffusion/forward_process.js';
import { networkTimesteps, sameTimestep } from '../diffusion/lookup.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { unetFeatures } from '../nn/unet.js';
import type { ResShiftModel } from '../teacher/resshift.js';
import { ganHead, type GanHeadConfig } from './gan_head.js';

/** The discriminator: the fake's network and the head on it. */
export interface DiscriminatorModel extends ResShiftModel {
  readonly head: GanHeadConfig;
}

/** Parameters of both parts. */
export interface DiscriminatorParams {
  readonly fake: Params;
  readonly head: Params;
}

/**
 * D(z) = head(enc_phi(s(z, 0), y, 0)) on clean latents at t = 0 (RSD algorithm 1).
 * @param z Latent [B, h, w, C].
 * @param lq Low-resolution image [B, h', w', 3] in [-1, 1].
 * @returns Logits [B], large for real.
 */
export function discriminate(model: DiscriminatorModel, params: DiscriminatorParams, z: Tensor, lq: Tensor): Tensor {
  const { schedule } = model.process;
  return tf.tidy(() => {
    const t = sameTimestep(0, z.shape[0]);
    const x = scaleInput(schedule, z, t);
    const features = unetFeatures(params.fake, model.unet, { x, t: networkTimesteps(schedule.timestepMap, t), lq });
    return ganHead(params.head, model.head, features);
  });
}
