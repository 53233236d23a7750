/** @file Forward process of residual shifting and its posterior: latents [B, h, w, C], timesteps int32 [B], noise ~ N(0, I) given. */
import { tf, type Tensor } from '../engine/tfjs.js';
import { lookup } from './lookup.js';
import type { Schedule } from './schedule.js';

/** Mean of q(z_t | z_0, z_y): (1 - eta_t) z_0 + eta_t z_y. */
export function forwardMean(schedule: Schedule, z0: Tensor, zy: Tensor, t: Tensor): Tensor {
  return tf.tidy(() => tf.add(lookup(schedule.etas, t, z0.rank).mul(tf.sub(zy, z0)), z0));
}

/** z_t ~ q(z_t | z_0, z_y) = N((1 - eta_t) z_0 + eta_t z_y, kappa^2 eta_t I) (RSD eq. 4). */
export function qSample(schedule: Schedule, z0: Tensor, zy: Tensor, t: Tensor, noise: Tensor): Tensor {
  return tf.tidy(() => forwardMean(schedule, z0, zy, t).add(lookup(schedule.noiseStd, t, z0.rank).mul(noise)));
}

/**
 * Start of sampling: z_T = z_y + kappa sqrt(eta_{T-1}) noise. Not q(z_{T-1} | z_0, z_y), whose mean keeps 1 - eta_{T-1} of z_0.
 * The single place that decides the prior's standard deviation, for training and inference.
 */
export function priorSample(schedule: Schedule, zy: Tensor, noise: Tensor): Tensor {
  return tf.tidy(() => noise.mul(tf.scalar(schedule.noiseStd[schedule.steps - 1]!)).add(zy));
}

/** Mean of q(z_{t-1} | z_t, z_0): (eta_{t-1}/eta_t) z_t + (alpha_t/eta_t) z_0. */
export function posteriorMean(schedule: Schedule, zt: Tensor, z0: Tensor, t: Tensor): Tensor {
  return tf.tidy(() =>
    lookup(schedule.posteriorMeanCoef1, t, zt.rank)
      .mul(zt)
      .add(lookup(schedule.posteriorMeanCoef2, t, zt.rank).mul(z0)),
  );
}

/** Input of a network at timestep t: z_t divided by the standard deviation (latents) or range (pixels) it has there. */
export function scaleInput(schedule: Schedule, zt: Tensor, t: Tensor): Tensor {
  return tf.tidy(() => zt.mul(lookup(schedule.inputScale, t, zt.rank)));
}
