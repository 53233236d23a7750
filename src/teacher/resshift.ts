/** @file A residual-shifting network as a denoiser: the frozen teacher, and the fake, which is one with other parameters. */
import { denoiser, type Denoise, type Process } from '../diffusion/denoiser.js';
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
}

/** f(z_t, y, t): estimate of z_0 from a noisy latent. Only diffusion on pixels clamps it to [-1, 1]. */
export function resshift({ process, unet: config }: ResShiftModel, params: Params, { lq, zy }: Condition): Denoise {
  const clamp = !process.config.latentFlag;
  return denoiser(process, (x, t) => unet(params, config, { x, t, lq }), zy, { clamp });
}
