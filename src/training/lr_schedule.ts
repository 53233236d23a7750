/** @file Learning rate as a pure function of the iteration number: constant, cosine, cosine with warm-up. */

/** The keys of `train.scheduler`; which of them a schedule uses is said at {@link learningRate}. */
export interface LrSchedule {
  readonly name: 'none' | 'cosine' | 'cosine_warmup';
  readonly warmupSteps: number;
  /** Left out: the base learning rate. */
  readonly maxLr?: number | undefined;
  readonly tMax: number;
  readonly etaMin: number;
}

/** Half a cosine from `high` at step 0 to `low` at step `period`, and back up after it. */
function cosineAnnealing(step: number, period: number, high: number, low: number): number {
  return low + 0.5 * (high - low) * (1 + Math.cos((Math.PI * step) / period));
}

/**
 * The learning rate that iteration `iteration` (1, 2, ...) trains with.
 *
 * - `none`: `baseLr`.
 * - `cosine`: from `baseLr` in iteration 1 to `etaMin` in iteration `tMax + 1`; periodic.
 * - `cosine_warmup`: `maxLr / warmupSteps * (iteration + 1)` while `iteration < warmupSteps`, so the first value is twice
 *   the increment; then half a cosine from `maxLr` to `etaMin` over `tMax` iterations; periodic.
 *
 * @throws RangeError for an iteration that is not a positive whole number.
 */
export function learningRate(schedule: LrSchedule, baseLr: number, iteration: number): number {
  if (!Number.isInteger(iteration) || iteration < 1) throw new RangeError(`iteration ${iteration} is not 1, 2, ...`);
  const { warmupSteps, maxLr = baseLr, tMax, etaMin } = schedule;
  switch (schedule.name) {
    case 'none':
      return baseLr;
    case 'cosine':
      return cosineAnnealing(iteration - 1, tMax, baseLr, etaMin);
    case 'cosine_warmup':
      if (iteration < warmupSteps) return (maxLr / warmupSteps) * (iteration + 1);
      return cosineAnnealing(iteration - warmupSteps, tMax, maxLr, etaMin);
  }
}
