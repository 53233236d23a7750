/**
 * @file Random inputs of a step: a function of (seed, purpose, iteration, sample) and of nothing else.
 *
 * A batch split into micro-batches, a resumed run and another machine therefore draw the same numbers.
 */
import type { HostArray } from '../engine/host_array.js';
import type { TensorSpec } from '../engine/types.js';
import { CountedRandom } from '../random/counted.js';

/** Which draws of a run: one update has one key. */
export interface DrawKey {
  readonly seed: number;
  /** Update within the run, e.g. `student` or `fake 2`. */
  readonly update: string;
  readonly iteration: number;
}

/** A contiguous part of a batch. */
export interface SampleRange {
  readonly first: number;
  readonly count: number;
}

function streams(key: DrawKey, what: string, { first, count }: SampleRange): CountedRandom[] {
  const { seed, update, iteration } = key;
  const purpose = `${update}/${what}`;
  return Array.from({ length: count }, (_, i) => new CountedRandom({ seed, purpose, iteration, sample: first + i }));
}

/** N(0, I) of `shape` for each sample: [count, ...shape]. */
export function drawNormal(key: DrawKey, what: string, range: SampleRange, shape: readonly number[]): HostArray {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = new Float32Array(range.count * size);
  streams(key, what, range).forEach((random, i) => random.fillNormal(data.subarray(i * size, (i + 1) * size)));
  return { shape: [range.count, ...shape], data };
}

/** One of `choices`, uniformly, for each sample: int32 [count]. */
export function drawChoice(key: DrawKey, what: string, range: SampleRange, choices: readonly number[]): HostArray {
  const data = streams(key, what, range).map((random) => choices[random.integer(choices.length)]!);
  return { shape: [range.count], data: Int32Array.from(data) };
}

/** One of some timesteps, or normal noise of a shape, for each sample. */
export type Draw = { readonly choices: readonly number[] } | { readonly normal: readonly number[] };

/** The tensor of a draw for `size` samples. */
export function drawSpec(draw: Draw, size: number): TensorSpec {
  return 'choices' in draw ? { shape: [size], dtype: 'int32' } : { shape: [size, ...draw.normal], dtype: 'float32' };
}

/** Values of draws for some samples. */
export function drawAll(
  draws: Readonly<Record<string, Draw>>,
  key: DrawKey,
  range: SampleRange,
): Record<string, HostArray> {
  const entries = Object.entries(draws).map(([name, draw]): [string, HostArray] => [
    name,
    'choices' in draw ? drawChoice(key, name, range, draw.choices) : drawNormal(key, name, range, draw.normal),
  ]);
  return Object.fromEntries(entries);
}
