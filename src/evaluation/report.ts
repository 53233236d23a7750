/** @file Evaluation: what came out of it, as data: numbers, means, differences, with all that tables and pages show. */
import type { MetricDescription } from '../metrics/metric.js';
import type { Measured } from './measure.js';
import { Bootstrap, holm, signFlipTest, type Estimate } from './statistics.js';

/** A metric's column. */
export interface ReportMetric {
  readonly name: string;
  readonly title: string;
  readonly direction: MetricDescription['direction'];
}

/** How two models differ by a metric: first minus second. */
export interface Difference {
  readonly metric: string;
  readonly first: string;
  readonly second: string;
  /** Mean over images with its interval. */
  readonly difference: Estimate;
  /** Of the sign-flip test. */
  readonly p: number;
  /** The same after Holm's correction for all differences of the report. */
  readonly corrected: number;
}

/** What was evaluated, and how. */
interface Evaluated {
  readonly title: string;
  readonly models: readonly string[];
  readonly images: readonly string[];
  readonly metrics: readonly ReportMetric[];
  /** Metrics of whole sets. */
  readonly setMetrics: readonly ReportMetric[];
  /** How it was done, each a line. */
  readonly notes: readonly string[];
  /** Of the bootstrap and the sign flips. */
  readonly seed: number;
}

/** Everything an evaluation found. */
export interface EvaluationReport extends Evaluated {
  /** By metric, then model: one number an image. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  /** By metric, then model. */
  readonly means: Readonly<Record<string, Readonly<Record<string, Estimate>>>>;
  readonly differences: readonly Difference[];
  /** By metric of whole sets, then model. */
  readonly setScores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly resamples: number;
}

/** What a report is made of. */
export interface ReportInputs extends Evaluated {
  readonly measured: Measured;
  readonly setMeasured: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Means with intervals, and differences of every two models. */
export function createReport(inputs: ReportInputs): EvaluationReport {
  const { measured, setMeasured, ...evaluated } = inputs;
  const { models, images, seed } = evaluated;
  const bootstrap = new Bootstrap(images.length, seed);
  const means = new Map(
    [...measured].map(([metric, byModel]) => [metric, mapped(byModel, (values) => bootstrap.estimate(values))]),
  );
  return {
    ...evaluated,
    scores: Object.fromEntries([...measured].map(([metric, byModel]) => [metric, Object.fromEntries(byModel)])),
    means: Object.fromEntries(means),
    differences: differencesOf(measured, models, bootstrap, seed),
    setScores: Object.fromEntries([...setMeasured].map(([metric, byModel]) => [metric, Object.fromEntries(byModel)])),
    resamples: bootstrap.resamples,
  };
}

function mapped<T, U>(map: ReadonlyMap<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]));
}

/** Equal values differ by nothing, even where both are infinite. */
const minus = (a: number, b: number): number => (a === b ? 0 : a - b);

function differencesOf(
  measured: Measured,
  models: readonly string[],
  bootstrap: Bootstrap,
  seed: number,
): Difference[] {
  const pairs = models.flatMap((first, i) => models.slice(i + 1).map((second) => [first, second] as const));
  const raw = [...measured].flatMap(([metric, byModel]) =>
    pairs.map(([first, second]) => {
      const values = byModel.get(first)!.map((value, image) => minus(value, byModel.get(second)![image]!));
      return { metric, first, second, difference: bootstrap.estimate(values), p: signFlipTest(values, seed) };
    }),
  );
  const corrected = holm(raw.map(({ p }) => p));
  return raw.map((entry, index) => ({ ...entry, corrected: corrected[index]! }));
}
