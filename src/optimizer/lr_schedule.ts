/** @file Learning rate as a pure function of the iteration number: constant, cosine, cosine with warm-up, milestones. */

/** The keys of `train.scheduler`; which of them a schedule uses is said at {@link learningRate}. */
export interface LrSchedule {
  readonly name: 'none' | 'cosine' | 'cosine_warmup' | 'milestones';
  readonly warmupSteps: number;
  /** Left out: the base learning rate. */
  readonly maxLr?: number | undefined;
  readonly tMax: number;
  readonly etaMin: number;
  /** Ascending iterations; needed by `milestones`. */
  readonly milestones?: readonly number[] | undefined;
}

/** Half a cosine from `high` at step 0 to `low` at step `period`, and back up after it. */
function cosineAnnealing(step: number, period: number, high: number, low: number): number {
  return low + 0.5 * (high - low) * (1 + Math.cos((Math.PI * step) / period));
}

/** The rate after `finished` iterations: it is set at the end of each, so that the first one runs at the base rate. */
function milestoneRate([climb = 0, ...halvings]: readonly number[], baseLr: number, finished: number): number {
  if (finished === 0) return baseLr;
  if (finished <= climb) return (baseLr * finished) / climb;
  return baseLr / 2 ** halvings.filter((milestone) => finished >= milestone).length;
}

/**
 * The learning rate that iteration `iteration` (1, 2, ...) trains with.
 *
 * - `none`: `baseLr`.
 * - `cosine`: from `baseLr` in iteration 1 to `etaMin` in iteration `tMax + 1`; periodic.
 * - `cosine_warmup`: `maxLr / warmupSteps * (iteration + 1)` while `iteration < warmupSteps`, so the first value is twice
 *   the increment; then half a cosine from `maxLr` to `etaMin` over `tMax` iterations; periodic.
 * - `milestones` [m1, m2, ...], the rule of SinSR's release: `baseLr` in iteration 1, then `baseLr * (iteration - 1) / m1`
 *   up to iteration m1 + 1, `baseLr` from there; halved after m2, m3, ...
 *
 * @throws RangeError for an iteration that is not a positive whole number.
 */
export function learningRate(schedule: LrSchedule, baseLr: number, iteration: number): number {
  if (!Number.isInteger(iteration) || iteration < 1) throw new RangeError(`iteration ${iteration} is not 1, 2, ...`);
  const { warmupSteps, maxLr = baseLr, tMax, etaMin, milestones = [] } = schedule;
  switch (schedule.name) {
    case 'none':
      return baseLr;
    case 'cosine':
      return cosineAnnealing(iteration - 1, tMax, baseLr, etaMin);
    case 'cosine_warmup':
      if (iteration < warmupSteps) return (maxLr / warmupSteps) * (iteration + 1);
      return cosineAnnealing(iteration - warmupSteps, tMax, maxLr, etaMin);
    case 'milestones':
      return milestoneRate(milestones, baseLr, iteration - 1);
  }
}
