/** @file Evaluation: which metrics are measured: named ones, those of a protocol as far as possible, or what needs no files. */
import { suggestion } from '../errors/suggestion.js';
import { UserError } from '../errors/user_error.js';
import type { ImageMetric, MetricDescription, SetMetric } from '../metrics/metric.js';
import { imageMetrics, setMetrics } from '../metrics/registry.js';
import type { ChosenMetric } from './measure.js';

/** Measured if nothing else is said, with originals and without: what needs no files of the user. */
const DEFAULTS = { paired: ['psnr', 'ssim', 'st-lpips-alex'], unpaired: ['niqe'] };

const images: Readonly<Record<string, ImageMetric>> = imageMetrics;
const sets: Readonly<Record<string, SetMetric>> = setMetrics;

/** What is asked for and what there is. */
export interface MetricRequest {
  /** Names given by the user: each must be possible. */
  readonly named?: readonly string[];
  /** Names of a protocol: what is not possible is left out with a note. */
  readonly protocol?: readonly string[];
  /** Weight files by metric. */
  readonly weights: ReadonlyMap<string, readonly string[]>;
  readonly hasOriginals: boolean;
}

/** The choice; `notes` has a line for each metric of a protocol that is left out. */
export interface MetricChoice {
  readonly images: readonly ChosenMetric<ImageMetric>[];
  readonly sets: readonly ChosenMetric<SetMetric>[];
  readonly notes: readonly string[];
}

/** @throws UserError if a named metric does not exist or lacks originals or weights, or weights belong to none. */
export function chooseMetrics(request: MetricRequest): MetricChoice {
  const { weights, named, protocol, hasOriginals } = request;
  for (const name of weights.keys()) requireKnown(name, '--metric-weights');
  for (const name of named ?? []) {
    requireKnown(name, '--metrics');
    const reason = obstacle(name, request);
    if (reason) throw new UserError(`the metric ${name} cannot be measured: ${reason}`, { key: '--metrics' });
  }
  const wanted = named ??
    protocol ?? [...new Set([...DEFAULTS[hasOriginals ? 'paired' : 'unpaired'], ...weights.keys()])];
  const left = new Map(wanted.map((name) => [name, obstacle(name, request)]));
  const possible = wanted.filter((name) => left.get(name) === undefined);
  if (possible.length === 0) {
    const reasons = wanted.map((name) => `${name}: ${left.get(name)}`).join('; ');
    throw new UserError('there is no metric to measure', { key: '--metrics', found: reasons });
  }
  const chosen = <M>(all: Readonly<Record<string, M>>): ChosenMetric<M>[] =>
    possible.flatMap((name) => (all[name] ? [{ name, metric: all[name], weights: weights.get(name) }] : []));
  return {
    images: chosen(images),
    sets: chosen(sets),
    notes: wanted.flatMap((name) => (left.get(name) && protocol ? [`${name} is left out: ${left.get(name)}`] : [])),
  };
}

/** All names, for help and errors. */
export function metricNames(): string[] {
  return [...Object.keys(images), ...Object.keys(sets)];
}

const described = (name: string): MetricDescription | undefined => images[name] ?? sets[name];

function requireKnown(name: string, key: string): void {
  if (described(name)) return;
  const meant = suggestion(name, metricNames());
  throw new UserError('no such metric', {
    key,
    expected: metricNames().join(', '),
    found: name,
    remedy: meant && `Did you mean ${meant}?`,
  });
}

/** Why a metric cannot be measured; undefined if it can. */
function obstacle(name: string, { weights, hasOriginals }: MetricRequest): string | undefined {
  const metric = described(name);
  if (!metric) return 'this package does not have it';
  if (metric.needsReference && !hasOriginals) return 'it compares with originals (--hr)';
  if (metric.weights && !metric.weights.shipped && !weights.has(name)) {
    return `it needs ${metric.weights.files} (--metric-weights ${name}=FILE)`;
  }
  return undefined;
}
