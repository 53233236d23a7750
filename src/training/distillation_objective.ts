/** @file The choice of distillation objective and its per-sample weights. */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { DistillationPair } from '../losses/distillation_pair.js';
import { rsdLoss } from '../losses/rsd.js';
import { powerTenWeight, sidNormalizer } from '../losses/sample_weights.js';
import { sidLoss } from '../losses/sid.js';
import { vsdLoss } from '../losses/vsd.js';

/** Which objective, and how its samples are weighted. */
export interface DistillationObjective {
  /** `vsd` and `sid` are baselines, not RSD. */
  readonly kind: { readonly name: 'rsd' } | { readonly name: 'vsd' } | { readonly name: 'sid'; readonly alpha: number };
  /** Multiplies by 10^(1 - t/(T-1)). */
  readonly powerTen: boolean;
  /** Divides by the mean |f* - z0_hat| of the sample. */
  readonly sidNormalization: boolean;
}

function raw({ kind }: DistillationObjective, pair: DistillationPair): Tensor {
  if (kind.name === 'rsd') return rsdLoss(pair);
  if (kind.name === 'vsd') return vsdLoss(pair);
  return sidLoss(pair, kind.alpha);
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
    const loss = raw(objective, pair);
    const weighted = objective.powerTen ? loss.mul(powerTenWeight(at.steps, at.t)) : loss;
    return objective.sidNormalization ? weighted.div(sidNormalizer(pair)) : weighted;
  });
}
