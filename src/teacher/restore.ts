/** @file Restoring an image with the teacher in T steps, or in one. */
import type { FirstStage } from '../diffusion/first_stage.js';
import { priorSample } from '../diffusion/forward_process.js';
import { sampleDeterministic, sampleOneStep, sampleStochastic } from '../diffusion/samplers.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { resshift, type ResShiftModel } from './resshift.js';

/** `stochastic`: ResShift's own sampler; `deterministic`: SinSR's noise-free path; `one-step`: the first estimate. */
export type Sampler = 'stochastic' | 'deterministic' | 'one-step';

/** Number of noises [B, h, w, C] a sampler draws: the prior's, and one for every step that adds noise. */
export function noiseCount(sampler: Sampler, steps: number): number {
  return sampler === 'stochastic' ? steps : 1;
}

/**
 * Latent restored by the teacher. Unrolls every step, so a traced program of it holds T networks.
 * @param condition.lq Low-resolution image [B, H/sf, W/sf, 3] in [-1, 1].
 * @param condition.zy Its latent [B, h, w, C].
 * @param noises See {@link noiseCount}; the first makes the prior sample.
 * @returns z_0 [B, h, w, C].
 */
export function restoreLatent(
  model: ResShiftModel,
  params: Params,
  condition: { lq: Tensor; zy: Tensor },
  noises: readonly Tensor[],
  sampler: Sampler,
): Tensor {
  const { schedule } = model.process;
  const denoise = resshift(model, params, condition);
  return tf.tidy(() => {
    if (sampler === 'stochastic') return sampleStochastic(schedule, denoise, condition.zy, noises);
    const zT = priorSample(schedule, condition.zy, noises[0]!);
    return sampler === 'deterministic'
      ? sampleDeterministic(schedule, denoise, condition.zy, zT)
      : sampleOneStep(schedule, denoise, zT);
  });
}

/**
 * Image restored by the teacher: [B, H/sf, W/sf, 3] in [-1, 1] -> [B, H, W, 3], not clamped.
 * @param noises As {@link restoreLatent}.
 */
export function restoreImage(
  model: ResShiftModel,
  params: Params,
  firstStage: FirstStage,
  lq: Tensor,
  noises: readonly Tensor[],
  sampler: Sampler,
): Tensor {
  return tf.tidy(() => {
    const zy = firstStage.encodeLq(lq);
    return firstStage.decode(restoreLatent(model, params, { lq, zy }, noises, sampler));
  });
}
