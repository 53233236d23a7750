/** @file Intervals and p-values against closed forms, and that they repeat. */
import { describe, expect, it } from 'vitest';
import { Bootstrap, holm, signFlipTest } from '../../src/evaluation/statistics.js';
import { CountedRandom } from '../../src/random/counted.js';

const normals = (count: number, sample = 0): number[] => {
  const random = new CountedRandom({ seed: 7, purpose: 'test', sample });
  return Array.from({ length: count }, () => random.normal());
};

describe('bootstrap', () => {
  it('has the interval of the normal law for many values: mean +- 1.96 standard errors', () => {
    const values = normals(400);
    const { mean, low, high } = new Bootstrap(400, 0).estimate(values);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400);
    const half = (1.96 * deviation) / Math.sqrt(400);
    expect(Math.abs(low - (mean - half))).toBeLessThan(0.1 * half);
    expect(Math.abs(high - (mean + half))).toBeLessThan(0.1 * half);
  });

  it('covers the true mean about as often as it says', () => {
    const trials = 60;
    const covered = Array.from({ length: trials }, (_, trial) => {
      const { low, high } = new Bootstrap(30, trial).estimate(normals(30, trial + 1));
      return low <= 0 && high >= 0;
    }).filter(Boolean).length;
    // 95 % of intervals, somewhat fewer at 30 values; four standard deviations of the share below.
    expect(covered / trials).toBeGreaterThan(0.93 - 4 * 0.033);
  });

  it('repeats with its seed and moves with another', () => {
    const values = normals(20);
    expect(new Bootstrap(20, 3).estimate(values)).toEqual(new Bootstrap(20, 3).estimate(values));
    expect(new Bootstrap(20, 4).estimate(values)).not.toEqual(new Bootstrap(20, 3).estimate(values));
  });

  it('of one image or of equal ones is a point', () => {
    expect(new Bootstrap(1, 0).estimate([5])).toEqual({ mean: 5, low: 5, high: 5 });
    expect(new Bootstrap(3, 0).estimate([Infinity, Infinity, Infinity])).toEqual({
      mean: Infinity,
      low: Infinity,
      high: Infinity,
    });
  });
});

describe('sign-flip test', () => {
  it('goes through all flips of few differences', () => {
    // All of one sign: only all and none flipped reach the sum.
    expect(signFlipTest([1, 2, 3, 4, 5], 0)).toBe(2 / 32);
    expect(signFlipTest([1, -1], 0)).toBe(1);
    // Sums of +-1 +-1 +-4: 6 and 4 and 2 and 4 (and their opposites); 4 is reached by three in four.
    expect(signFlipTest([1, -1, 4], 0)).toBe(6 / 8);
    expect(signFlipTest([0, 0, 0], 0)).toBe(1);
  });

  it('draws flips of many differences: near the exact value, never zero, the same again', () => {
    const differences = [...normals(14)].map((value) => value + 0.5);
    let extreme = 0;
    const observed = Math.abs(differences.reduce((a, b) => a + b));
    for (let flips = 0; flips < 2 ** 14; flips++) {
      const sum = differences.reduce((total, value, i) => total + (flips & (1 << i) ? -value : value), 0);
      if (Math.abs(sum) >= observed - 1e-12) extreme++;
    }
    const p = signFlipTest(differences, 0);
    expect(Math.abs(p - extreme / 2 ** 14)).toBeLessThan(5 * Math.sqrt(p / 10_000));
    expect(signFlipTest(differences, 0)).toBe(p);
    expect(
      signFlipTest(
        Array.from({ length: 60 }, () => 1),
        0,
      ),
    ).toBe(1 / 10_000);
  });

  it('rejects at 5 % about one time in twenty when there is no difference', () => {
    const trials = 300;
    const rejected = Array.from({ length: trials }, (_, trial) => signFlipTest(normals(10, 1000 + trial), 0)).filter(
      (p) => p <= 0.05,
    ).length;
    expect(rejected / trials).toBeLessThan(0.05 + 5 * 0.0126);
    expect(rejected).toBeGreaterThan(0);
  });
});

it("Holm's correction multiplies by what is left and never falls", () => {
  expect(holm([0.01, 0.04, 0.03, 0.5])).toEqual([0.04, 0.09, 0.09, 0.5]);
  expect(holm([0.6, NaN, 0.6])).toEqual([1, NaN, 1]);
  expect(holm([])).toEqual([]);
});
