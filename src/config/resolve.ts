/** @file Values that follow from other values: learning rates, student timesteps, weight files of metrics. */
import type { ParsedRun, RunConfig } from './schema.js';

/** N when neither a list nor a count is given, and channels of noise: the paper's student, and its VSD baseline's. */
const RSD_STUDENT = { timestepCount: 4, noiseChannels: 1 };
const VSD_STUDENT = { timestepCount: 1, noiseChannels: 0 };

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
  const student = parsed.method === 'vsd' ? VSD_STUDENT : RSD_STUDENT;
  const { timestepCount = student.timestepCount, noiseChannels = student.noiseChannels } = rsd;
  const { timestepCount: _, timesteps, fakeLr, perceptual, ...rsdRest } = rsd;
  const listed = timesteps && [...timesteps].sort((a, b) => b - a);
  return {
    ...parsed,
    train: { ...train, scheduler: { ...train.scheduler, maxLr: train.scheduler.maxLr ?? train.lr } },
    rsd: {
      ...rsdRest,
      timesteps: listed ?? studentTimesteps(parsed.diffusion.steps, timestepCount),
      noiseChannels,
      fakeLr: fakeLr ?? train.lr,
      perceptual: withMetricFile(perceptual),
    },
    autoencoderTraining: { ...autoencoderTraining, perceptual: withMetricFile(autoencoderTraining.perceptual) },
  };
}
