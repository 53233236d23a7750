/** @file Poisson counts against the distribution itself. */
import { describe, expect, it } from 'vitest';
import { poissonCounts, poissonTable } from '../../../src/data/degradation/poisson.js';
import { engineKinds, evaluate } from '../../helpers/evaluate.js';
import { CountedRandom } from '../../../src/random/counted.js';

/** P(count <= n) of a rate, added up in float64. */
function distribution(rate: number, n: number): number {
  let probability = Math.exp(-rate);
  let sum = probability;
  for (let count = 1; count <= n; count++) {
    probability *= rate / count;
    sum += probability;
  }
  return sum;
}

const table = poissonTable();
const DRAWS = 4000;
/** Levels with the exponents of their powers of two. */
const RATES: readonly (readonly [level: number, exponent: number])[] = [
  [0, 8],
  [1, 0],
  [40, 3],
  [255, 5],
  [255, 8],
];

describe.each(engineKinds)('%s', async (kind) => {
  const random = new CountedRandom({ seed: 1, purpose: 'poisson test' });
  const uniforms = Float32Array.from({ length: RATES.length * DRAWS }, () => ((random.uint32() >>> 8) + 0.5) / 2 ** 24);
  // The ends of the interval.
  uniforms.set([0.5 / 2 ** 24, 1 - 0.5 / 2 ** 24], DRAWS * (RATES.length - 1));
  const shape = [RATES.length, DRAWS];
  const { counts } = await evaluate(
    kind,
    ({ table, levels, exponents, uniforms }) => ({
      counts: poissonCounts(table!, levels!, exponents!, uniforms!),
    }),
    {
      table,
      levels: {
        shape,
        data: Float32Array.from({ length: shape[0]! * DRAWS }, (_, i) => RATES[Math.floor(i / DRAWS)]![0]),
      },
      exponents: { shape: [RATES.length, 1], data: Float32Array.from(RATES, ([, exponent]) => exponent) },
      uniforms: { shape, data: uniforms },
    },
  );

  it.each(RATES.map((rate, i) => [...rate, i] as const))('level %i, 2^%i', (level, exponent, i) => {
    const rate = (level / 255) * 2 ** exponent;
    const own = [...counts!.data.subarray(i * DRAWS, (i + 1) * DRAWS)];
    own.forEach((count, k) => {
      // The smallest count whose distribution reaches the uniform, but for the table's rounding to float32.
      const uniform = uniforms[i * DRAWS + k]!;
      expect(distribution(rate, count)).toBeGreaterThan(uniform - 1e-7);
      if (count > 0) expect(distribution(rate, count - 1)).toBeLessThan(uniform + 1e-7);
    });
    const mean = own.reduce((a, b) => a + b, 0) / DRAWS;
    const variance = own.reduce((sum, count) => sum + (count - mean) ** 2, 0) / DRAWS;
    expect(Math.abs(mean - rate)).toBeLessThanOrEqual(5 * Math.sqrt(rate / DRAWS));
    expect(Math.abs(variance - rate)).toBeLessThanOrEqual(5 * Math.sqrt((rate + 2 * rate ** 2) / DRAWS));
  });
});
