/** @file Per-sample weights of the distillation objectives. */
import { lookup } from '../diffusion/lookup.js';
import { tf, type Tensor } from '../engine/tfjs.js';
import type { DistillationPair } from './distillation_pair.js';
import { perSampleMean } from './per_sample.js';
import { stopGradient } from '../nn/stop_gradient.js';

/** Keeps the quotient finite where the teacher returns the student's output itself. */
const EPSILON = 1e-8;

/** SiD's normaliser: mean |f* - z0_hat| + 1e-8 of each sample, a constant for differentiation. [B]. */
export function sidNormalizer({ teacher, z0Hat }: Pick<DistillationPair, 'teacher' | 'z0Hat'>): Tensor {
  return tf.tidy(() => perSampleMean(tf.abs(stopGradient(tf.sub(teacher, z0Hat)))).add(EPSILON));
}

/**
 * 10^(1 - t/(T - 1)): 10 at t = 0, 1 at the last timestep.
 * @param t int32 [B], in 0..steps-1.
 * @returns [B].
 */
export function powerTenWeight(steps: number, t: Tensor): Tensor {
  return lookup(
    Float64Array.from({ length: steps }, (_, i) => 10 ** (1 - i / (steps - 1))),
    t,
    1,
  );
}
