/** @file Training objective of ResShift itself: the teacher's, and that of any baseline trained from scratch. */
import { lookup } from '../diffusion/lookup.js';
import type { PredictType } from '../diffusion/config.js';
import type { Schedule } from '../diffusion/schedule.js';
import { tf, type Tensor } from '../engine/tfjs.js';
import { mseLoss } from './mse.js';

/**
 * Squared error of the output against its target, mean over each sample (divided by kappa^2 eta_t for `epsilon_scale`).
 * @param options.output Network output, [B, h, w, C].
 * @param options.target From `trainingTarget`.
 * @param options.t Timesteps int32 [B].
 * @param options.weighted Multiplies by the weight of the variational bound at t; off in every published model.
 * @returns [B].
 */
export function resshiftLoss(
  schedule: Schedule,
  type: PredictType,
  { output, target, t, weighted = false }: { output: Tensor; target: Tensor; t: Tensor; weighted?: boolean },
): Tensor {
  return tf.tidy(() => {
    const error = mseLoss(target, output);
    const mse = type === 'epsilon_scale' ? error.div(lookup(schedule.noiseVariance, t, 1)) : error;
    if (!weighted) return mse;
    const noiseLike = type === 'epsilon' || type === 'epsilon_scale';
    return mse.mul(lookup(noiseLike ? schedule.weightNoise : schedule.weightStart, t, 1));
  });
}
