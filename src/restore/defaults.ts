/** @file Images in, images out: choices and defaults, in a file that does not start TensorFlow (help texts show them). */

/** `stochastic`: ResShift's own sampler; `deterministic`: SinSR's, without noise in the steps. */
export const STEP_SAMPLERS = ['stochastic', 'deterministic'] as const;
export type StepSampler = (typeof STEP_SAMPLERS)[number];

/** Seed of the published programs. */
export const DEFAULT_SEED = 12345;

/**
 * Side of a tile in input pixels. The published programs have 512, which is hours on a CPU: time grows with the fourth
 * power of the side, since the autoencoder's middle attends from every latent pixel to every other.
 */
export const DEFAULT_TILE = 128;

/** Overlap of neighbouring tiles: the published programs' eighth of a tile. */
export function defaultOverlap(tile: number): number {
  return Math.floor(tile / 8);
}
