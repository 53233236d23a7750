/** @file The GAN discriminator: a small head on the middle block of the fake ResShift. */
import { scaleInput } from '../diffusion/forward_process.js';
import { networkTimesteps, sameTimestep } from '../diffusion/lookup.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { unetFeatures } from '../nn/unet.js';
import type { ResShiftModel } from '../teacher/denoiser.js';
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

/** What the discriminator is told besides the latent. */
export interface DiscriminatorCondition {
  /** Low-resolution image [B, h', w', 3] in [-1, 1]. */
  readonly lq: Tensor;
  /** Timestep of the latent, int32 [B]; left out for clean latents: 0. */
  readonly t?: Tensor;
  /** The student's timestep, int32 [B], for a fake that is told it. */
  readonly tn?: Tensor;
}

/**
 * D(z) = head(enc_phi(s(z, t), y, t)); on clean latents at t = 0 (RSD algorithm 1).
 * @param z Latent [B, h, w, C].
 * @returns Logits [B], large for real.
 */
export function discriminate(
  model: DiscriminatorModel,
  params: DiscriminatorParams,
  z: Tensor,
  { lq, t: noisy, tn }: DiscriminatorCondition,
): Tensor {
  const { schedule } = model.process;
  const index = (t: Tensor): Tensor => networkTimesteps(schedule.timestepMap, t);
  return tf.tidy(() => {
    const t = noisy ?? sameTimestep(0, z.shape[0]);
    const inputs = { x: scaleInput(schedule, z, t), t: index(t), studentT: tn && index(tn), lq };
    return ganHead(params.head, model.head, unetFeatures(params.fake, model.unet, inputs));
  });
}
