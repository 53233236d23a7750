/** @file The host's part of AdamW: the scalars of a step, and moments to begin with. */
import type { TrainConfig } from '../config/schema.js';
import type { AdamWInputs } from '../engine/types.js';
import type { HostTree } from '../weights/tree.js';

/** Hyperparameters that stay the same for a whole run. */
export interface AdamWConfig {
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Decoupled: parameters shrink by `lr * weightDecay` each step. */
  readonly weightDecay: number;
}

/** Epsilon of PyTorch's AdamW, which the published runs use. */
const EPS = 1e-8;

/** Hyperparameters of a run. */
export const adamwConfig = ({ betas, weightDecay }: TrainConfig): AdamWConfig => ({ betas, eps: EPS, weightDecay });

/** The scalars that the device's AdamW update takes, as numbers of the host. */
export type AdamWScalars = { readonly [K in keyof AdamWInputs]: number };

/**
 * Scalars for the `step`-th update (1, 2, ...) of a group. The powers for the bias correction are taken in float64 from
 * the step count, so nothing but that count has to outlive a crash (Loshchilov & Hutter 2019, algorithm 2).
 *
 * @throws RangeError for a step that is not a positive whole number.
 */
export function adamwScalars(config: AdamWConfig, lr: number, step: number): AdamWScalars {
  if (!Number.isInteger(step) || step < 1) throw new RangeError(`AdamW step ${step} is not 1, 2, ...`);
  const [beta1, beta2] = config.betas;
  return {
    lr,
    beta1,
    beta2,
    beta1Power: Math.pow(beta1, step),
    beta2Power: Math.pow(beta2, step),
    eps: config.eps,
    weightDecay: config.weightDecay,
  };
}

/**
 * Zero moments with the names and shapes of `parameters`. They share one array, since zeros need no memory of their own: for
 * defining state, not for changing.
 */
export function momentsLike(parameters: HostTree): HostTree {
  const longest = Math.max(0, ...[...parameters.values()].map(({ data }) => data.length));
  const zeros = new Float32Array(longest);
  return new Map(
    [...parameters].map(([name, { shape, data }]) => [name, { shape, data: zeros.subarray(0, data.length) }]),
  );
}
