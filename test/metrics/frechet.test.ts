/** @file The Fréchet distance against closed forms: a set and its scaled, shifted copy; fewer and more samples than features. */
import { expect, it } from 'vitest';
import { frechetDistance } from '../../src/metrics/fid/frechet.js';
import { CountedRandom } from '../../src/random/counted.js';

const FEATURES = 5;

function samples(count: number): Float32Array[] {
  return Array.from({ length: count }, (_, sample) => {
    const random = new CountedRandom({ seed: 3, purpose: 'test', iteration: 0, sample });
    const factor = random.normal();
    // Correlated features of different widths.
    return Float32Array.from({ length: FEATURES }, (_unused, i) => (i + 1) * (random.normal() + factor));
  });
}

/** Sum of the unbiased variances. */
function totalVariance(set: readonly Float32Array[]): number {
  let total = 0;
  for (let i = 0; i < FEATURES; i++) {
    const mean = set.reduce((sum, sample) => sum + sample[i]!, 0) / set.length;
    total += set.reduce((sum, sample) => sum + (sample[i]! - mean) ** 2, 0) / (set.length - 1);
  }
  return total;
}

it.each([3, 5, 6, 400])('of %i samples', (count) => {
  const set = samples(count);
  const scaled = set.map((sample) => sample.map((value) => 2 * value));
  expect(frechetDistance(set, set)).toBeCloseTo(0, 4);
  const shifted = set.map((sample) => sample.map((value, i) => (i === 0 ? value + 7 : value)));
  expect(frechetDistance(set, shifted)).toBeCloseTo(49, 4);
  // C2 = 4 C1: the root of their product is 2 C1, and the means differ by the mean.
  const means = set[0]!.map((_, i) => set.reduce((sum, sample) => sum + sample[i]! / count, 0));
  const expected = means.reduce((sum, value) => sum + value ** 2, 0) + totalVariance(set);
  expect(frechetDistance(set, scaled) / expected).toBeCloseTo(1, 5);
  expect(frechetDistance(scaled, set) / expected).toBeCloseTo(1, 5);
});
