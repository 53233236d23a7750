/** @file A distillation loss with the weights of its samples. */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { DistillationPair } from './distillation_pair.js';
import { powerTenWeight, sidNormalizer } from './sample_weights.js';

/** What a method minimises of the judges' estimates, [B]: where RSD, VSD and SiD differ. */
export type DistillationLoss = (pair: DistillationPair) => Tensor;

/** A loss, and how its samples are weighted. */
export interface DistillationObjective {
  readonly loss: DistillationLoss;
  /** Multiplies by 10^(1 - t/(T-1)). */
  readonly powerTen: boolean;
  /** Divides by the mean |f* - z0_hat| of the sample. */
  readonly sidNormalization: boolean;
}

/**
 * Weighted distillation loss of each sample, [B].
 * @param at Number of timesteps of the process, and the timestep int32 [B] of the pair.
 */
export function distillationLoss(
  objective: DistillationObjective,
  pair: DistillationPair,
  at: { steps: number; t: Tensor },
): Tensor {
  return tf.tidy(() => {
    const loss = objective.loss(pair);
    const weighted = objective.powerTen ? loss.mul(powerTenWeight(at.steps, at.t)) : loss;
    return objective.sidNormalization ? weighted.div(sidNormalizer(pair)) : weighted;
  });
}
