/** @file A residual-shifting network as a denoiser: the frozen teacher, and fake and student, which are such networks with other parameters. */
import { denoiser, type Denoise, type Process } from '../diffusion/denoiser.js';
import { networkTimesteps } from '../diffusion/lookup.js';
import type { Params, Tensor } from '../engine/tfjs.js';
import { unet } from '../nn/unet.js';
import type { UNetConfig } from '../nn/unet_config.js';

/** A U-Net together with the diffusion process it was trained for. */
export interface ResShiftModel {
  readonly process: Process;
  readonly unet: UNetConfig;
}

/** What a network is conditioned on. */
export interface Condition {
  /** Low-resolution image [B, H/sf, W/sf, 3] in [-1, 1]; enters the network unscaled. */
  readonly lq: Tensor;
  /** Its latent z_y [B, h, w, C]. */
  readonly zy: Tensor;
  /** The student's timestep, int32 [B], for a fake that is told it. */
  readonly tn?: Tensor;
  /** N(0, I) noise [B, h, w, noiseChannels], for a student that has noise channels. */
  readonly eps?: Tensor;
}

/** f(z_t, y, t): estimate of z_0 from a noisy latent. Only diffusion on pixels clamps it to [-1, 1]. */
export function resshift(
  { process, unet: config }: ResShiftModel,
  params: Params,
  { lq, zy, tn, eps: noise }: Condition,
): Denoise {
  const clamp = !process.config.latentFlag;
  const studentT = tn && networkTimesteps(process.schedule.timestepMap, tn);
  return denoiser(process, (x, t) => unet(params, config, { x, t, studentT, lq, noise }), zy, { clamp });
}
