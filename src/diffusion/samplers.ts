/** @file Samplers over a denoiser: stochastic (ResShift), deterministic and its inverse (SinSR), one step. All noise is given. */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { Denoise } from './denoiser.js';
import { forwardMean, posteriorMean, priorSample } from './forward_process.js';
import { lookup, sameTimestep } from './lookup.js';
import type { Schedule } from './schedule.js';

/** One step of a loop, for those who watch: the timestep, the estimate of z_0 there and the latent after the step. */
export interface SamplerStep {
  readonly t: number;
  readonly z0: Tensor;
  readonly z: Tensor;
}

/** Is told every step; its tensors belong to the caller's scope, as the sampler's result does. */
export type SamplerWatcher = (step: SamplerStep) => void;

/** z_{t-1} ~ q(z_{t-1} | z_t, z_0 estimate); at t = 0 the estimate itself. Latents [B, h, w, C], t int32 [B]. */
export function stochasticStep(schedule: Schedule, zt: Tensor, z0: Tensor, t: Tensor, noise: Tensor): Tensor {
  return tf.tidy(() => posteriorMean(schedule, zt, z0, t).add(lookup(schedule.stepNoiseStd, t, zt.rank).mul(noise)));
}

/** z_{t-1} = k z_0 + m z_t + j z_y: re-noises the estimate with the noise found in z_t (SinSR's deterministic rule). */
export function deterministicStep(schedule: Schedule, zt: Tensor, z0: Tensor, zy: Tensor, t: Tensor): Tensor {
  return tf.tidy(() => {
    const weighted = (table: Float64Array, z: Tensor): Tensor => lookup(table, t, zt.rank).mul(z);
    return weighted(schedule.ddimK, z0).add(weighted(schedule.ddimM, zt)).add(weighted(schedule.ddimJ, zy));
  });
}

/**
 * The deterministic step to any earlier timestep: (1 - eta_s) z_0 + eta_s z_y and the noise found in z_t, scaled by
 * sqrt(eta_s / eta_t). For s = t - 1 it is {@link deterministicStep}. Latents [B, h, w, C], t and s int32 [B].
 */
export function deterministicStepTo(
  schedule: Schedule,
  zt: Tensor,
  z0: Tensor,
  zy: Tensor,
  t: Tensor,
  s: Tensor,
): Tensor {
  return tf.tidy(() => {
    const noise = tf.sub(zt, forwardMean(schedule, z0, zy, t));
    const ratio = lookup(schedule.sqrtEtas, s, zt.rank).div(lookup(schedule.sqrtEtas, t, zt.rank));
    return forwardMean(schedule, z0, zy, s).add(noise.mul(ratio));
  });
}

/** z_t from z_{t-1}: the deterministic step solved for z_t, with z_{t-1} standing in for it in the denoiser. For t >= 1. */
export function inverseStep(schedule: Schedule, zPrev: Tensor, z0: Tensor, zy: Tensor, t: Tensor): Tensor {
  return tf.tidy(() => {
    const start = lookup(schedule.ddimK, t, zPrev.rank).mul(z0);
    const shift = lookup(schedule.ddimJ, t, zPrev.rank).mul(zy);
    return tf
      .sub(zPrev, start)
      .sub(shift)
      .div(lookup(schedule.ddimM, t, zPrev.rank));
  });
}

function walk(
  timesteps: Iterable<number>,
  start: Tensor,
  denoise: Denoise,
  step: (z: Tensor, z0: Tensor, t: Tensor, k: number) => Tensor,
  watch?: SamplerWatcher,
): Tensor {
  let z = start;
  let k = 0;
  for (const index of timesteps) {
    const [z0, next] = tf.tidy(() => {
      const t = sameTimestep(index, z.shape[0]);
      const estimate = denoise(z, t);
      return [estimate, step(z, estimate, t, k)] as [Tensor, Tensor];
    });
    watch?.({ t: index, z0, z: next });
    z = next;
    k += 1;
  }
  return z;
}

function descending(schedule: Schedule): number[] {
  return [...schedule.timestepMap.keys()].reverse();
}

/**
 * T stochastic steps from the prior (ResShift's own sampler).
 * @param noises `noises[0]` makes the prior sample, `noises[1 + k]` is added in the k-th step; at least T (the last step, at t = 0, adds none).
 * @returns z_0 [B, h, w, C].
 */
export function sampleStochastic(
  schedule: Schedule,
  denoise: Denoise,
  zy: Tensor,
  noises: readonly Tensor[],
  watch?: SamplerWatcher,
): Tensor {
  if (noises.length < schedule.steps) {
    throw new Error(`the stochastic sampler needs ${schedule.steps} noises, got ${noises.length}`);
  }
  return walk(
    descending(schedule),
    priorSample(schedule, zy, noises[0]!),
    denoise,
    (z, z0, t, k) => (k === schedule.steps - 1 ? z0.clone() : stochasticStep(schedule, z, z0, t, noises[1 + k]!)),
    watch,
  );
}

/**
 * T deterministic steps from a given z_T (SinSR's teacher path).
 * @param zT Usually `priorSample(...)`.
 * @returns z_0 [B, h, w, C].
 */
export function sampleDeterministic(
  schedule: Schedule,
  denoise: Denoise,
  zy: Tensor,
  zT: Tensor,
  watch?: SamplerWatcher,
): Tensor {
  return walk(descending(schedule), zT, denoise, (z, z0, t) => deterministicStep(schedule, z, z0, zy, t), watch);
}

/** Walks the deterministic path backwards from a clean latent: an estimate of the z_{T-1} it would come from. */
export function invertDeterministic(
  schedule: Schedule,
  denoise: Denoise,
  zy: Tensor,
  z0: Tensor,
  watch?: SamplerWatcher,
): Tensor {
  const ascending = descending(schedule).reverse().slice(1);
  return walk(ascending, z0, denoise, (z, start, t) => inverseStep(schedule, z, start, zy, t), watch);
}

/** One evaluation at the last timestep from a given z_T: how distilled students run. */
export function sampleOneStep(schedule: Schedule, denoise: Denoise, zT: Tensor): Tensor {
  return tf.tidy(() => denoise(zT, sameTimestep(schedule.steps - 1, zT.shape[0])));
}
