/** @file What a network's output stands for, and how to go from it to the clean latent and to the noise. Latents [B, h, w, C]. */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { PredictType } from './config.js';
import { lookup } from './lookup.js';
import type { Schedule } from './schedule.js';

/** Where a network was evaluated: noisy latent, low-resolution latent and timesteps int32 [B]. */
export interface NoisyPoint {
  readonly zt: Tensor;
  readonly zy: Tensor;
  readonly t: Tensor;
}

/** Estimate of z_0 from a network's output at a noisy point. */
export function predictStart(schedule: Schedule, type: PredictType, output: Tensor, { zt, zy, t }: NoisyPoint): Tensor {
  if (type === 'xstart') return output;
  return tf.tidy(() => {
    if (type === 'residual') return tf.sub(zy, output);
    const noise = type === 'epsilon' ? lookup(schedule.noiseStd, t, zt.rank).mul(output) : output;
    const shift = lookup(schedule.etas, t, zt.rank).mul(zy);
    return tf
      .sub(zt, noise)
      .sub(shift)
      .div(lookup(schedule.oneMinusEtas, t, zt.rank));
  });
}

/** The noise that takes z_0 to z_t: (z_t - (1 - eta) z_0 - eta z_y) / (kappa sqrt(eta)). */
export function predictNoise(schedule: Schedule, z0: Tensor, { zt, zy, t }: NoisyPoint): Tensor {
  return tf.tidy(() => {
    const start = lookup(schedule.oneMinusEtas, t, zt.rank).mul(z0);
    const shift = lookup(schedule.etas, t, zt.rank).mul(zy);
    return tf
      .sub(zt, start)
      .sub(shift)
      .div(lookup(schedule.noiseStd, t, zt.rank));
  });
}

/** What the output should have been for known z_0 and noise: the inverse of {@link predictStart}, and the training target. */
export function trainingTarget(
  schedule: Schedule,
  type: PredictType,
  { z0, zy, noise, t }: { z0: Tensor; zy: Tensor; noise: Tensor; t: Tensor },
): Tensor {
  if (type === 'xstart') return z0;
  if (type === 'residual') return tf.sub(zy, z0);
  if (type === 'epsilon') return noise;
  return tf.tidy(() => lookup(schedule.noiseStd, t, noise.rank).mul(noise));
}
