/** @file Values that follow from other values: learning rates, student timesteps, weight files of metrics. */
import type { ParsedRun, RunConfig } from './schema.js';

/** Student timesteps when neither a list nor a count is given (the paper's N). */
const DEFAULT_TIMESTEP_COUNT = 4;

/**
 * Evenly spaced 0-based student timesteps, T - 1 - floor(i T / N) for i = 0..N-1: highest first, always with T - 1.
 * @param steps T, timesteps of the teacher
 * @param n N, from 1 to `steps`
 */
export function studentTimesteps(steps: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => steps - 1 - Math.floor((i * steps) / n));
}

function withMetricFile<T extends { metric: string; weights?: string | undefined }>(term: T) {
  return { ...term, weights: term.weights ?? `weights/${term.metric}.safetensors` };
}

/** Fills in what the run file left to be derived. Leaves paths as they are written. */
export function resolveRun(parsed: ParsedRun): RunConfig {
  const { train, rsd, autoencoderTraining } = parsed;
  const { timestepCount, timesteps, fakeLr, perceptual, ...rsdRest } = rsd;
  const listed = timesteps && [...timesteps].sort((a, b) => b - a);
  return {
    ...parsed,
    train: { ...train, scheduler: { ...train.scheduler, maxLr: train.scheduler.maxLr ?? train.lr } },
    rsd: {
      ...rsdRest,
      timesteps: listed ?? studentTimesteps(parsed.diffusion.steps, timestepCount ?? DEFAULT_TIMESTEP_COUNT),
      fakeLr: fakeLr ?? train.lr,
      perceptual: withMetricFile(perceptual),
    },
    autoencoderTraining: { ...autoencoderTraining, perceptual: withMetricFile(autoencoderTraining.perceptual) },
  };
}
