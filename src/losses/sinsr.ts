/** @file The SinSR objective: regression onto the teacher's deterministic path, with two consistency terms. */
import type { NoisyNetwork } from '../diffusion/denoiser.js';
import { scaleInput } from '../diffusion/forward_process.js';
import { sameTimestep } from '../diffusion/lookup.js';
import type { Schedule } from '../diffusion/schedule.js';
import { tf, type Tensor } from '../engine/tfjs.js';
import { stopGradient } from '../nn/stop_gradient.js';
import { mseLoss } from './mse.js';

/** Latents [B, h, w, C] of a SinSR update; all constants. */
export interface SinsrLatents {
  /** Prior sample. */
  readonly zT: Tensor;
  /** Where the teacher's deterministic sampler takes that very sample. */
  readonly teacher: Tensor;
  /** Encoded high-resolution image. */
  readonly z0: Tensor;
}

/** SinSR's terms for each sample, [B] each. */
export interface SinsrTerms {
  /** One student step from z_T against the teacher's result. */
  readonly distillation: Tensor;
  /** The student as inverse map (called with timestep 0): from the teacher's result back to z_T. */
  readonly inverse: Tensor;
  /** From the real latent to its predicted z_T, a constant, and back. */
  readonly groundTruth: Tensor;
}

/**
 * The three terms of SinSR, for a student that predicts z_0 and a process without respacing.
 * @param student Network with its parameters and the low-resolution image bound.
 */
export function sinsrLoss(schedule: Schedule, student: NoisyNetwork, { zT, teacher, z0 }: SinsrLatents): SinsrTerms {
  const batch = zT.shape[0];
  const last = sameTimestep(schedule.steps - 1, batch);
  const first = sameTimestep(0, batch);
  // The inverse map scales its input as at the last timestep, too.
  const restore = (z: Tensor): Tensor => student(scaleInput(schedule, z, last), last);
  const invert = (z: Tensor): Tensor => student(scaleInput(schedule, z, last), first);
  return {
    distillation: tf.tidy(() => mseLoss(teacher, restore(zT))),
    inverse: tf.tidy(() => mseLoss(zT, invert(teacher))),
    groundTruth: tf.tidy(() => mseLoss(z0, restore(stopGradient(invert(z0))))),
  };
}
