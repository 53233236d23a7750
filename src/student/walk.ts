/** @file A student's walk down the timesteps that it was trained at. */
import type { Process } from '../diffusion/denoiser.js';
import { qSample } from '../diffusion/forward_process.js';
import { deterministicStepTo } from '../diffusion/samplers.js';
import type { StepSampler } from '../diffusion/step_samplers.js';
import type { WalkPlan } from '../teacher/walk.js';

/**
 * The timesteps a student was trained at: its estimate is noised anew to the next of them (`stochastic`), as its inputs were
 * in training, or with the noise that is in its latent (`deterministic`).
 * @param timesteps Highest first.
 */
export function studentWalk({ schedule }: Process, timesteps: readonly number[], sampler: StepSampler): WalkPlan {
  return {
    name: `${sampler} step of a student`,
    timesteps,
    step: ({ z, z0, zy, t, next, noise }) =>
      sampler === 'deterministic'
        ? deterministicStepTo(schedule, z, z0, zy, t, next)
        : qSample(schedule, z0, zy, next, noise),
  };
}
