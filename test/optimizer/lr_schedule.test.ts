/** @file Learning rates at the iterations where their values are known. */
import { expect, test } from 'vitest';
import { learningRate, type LrSchedule } from '../../src/optimizer/lr_schedule.js';

const MAX_LR = 5e-5;
const warmup: LrSchedule = { name: 'cosine_warmup', warmupSteps: 100, maxLr: MAX_LR, tMax: 200, etaMin: 0 };

test('none is constant', () => {
  for (const n of [1, 2, 1000]) expect(learningRate({ ...warmup, name: 'none' }, 3e-4, n)).toBe(3e-4);
});

test.each([
  [1, 0.02, 12],
  [2, 0.03, 12],
  [98, 0.99, 12],
  [99, 1, 12],
  [100, 1, 12],
  [101, 0.99994, 5],
  [200, 0.5, 12],
  [300, 0, 12],
  [400, 0.5, 12],
  [500, 1, 12],
])('cosine_warmup in iteration %i is %f of the maximum', (n, share, digits) => {
  expect(learningRate(warmup, 1, n) / MAX_LR).toBeCloseTo(share, digits);
});

test('cosine_warmup climbs to the base rate without maxLr, and falls to etaMin', () => {
  const schedule = { ...warmup, maxLr: undefined, etaMin: 1e-6 };
  expect(learningRate(schedule, 2e-4, 100)).toBeCloseTo(2e-4, 15);
  expect(learningRate(schedule, 2e-4, 200)).toBeCloseTo(1.005e-4, 15);
  expect(learningRate(schedule, 2e-4, 300)).toBeCloseTo(1e-6, 15);
});

test('cosine falls from the base rate to etaMin in tMax iterations and rises again', () => {
  const schedule: LrSchedule = { ...warmup, name: 'cosine', tMax: 10, etaMin: 0.1 };
  const rates = [1, 6, 11, 16, 21].map((n) => learningRate(schedule, 1, n));
  [1, 0.55, 0.1, 0.55, 1].forEach((expected, i) => {
    expect(rates[i]).toBeCloseTo(expected, 12);
  });
});

test.each([
  // n = 1 at the base rate, then up from 1/10 of it; halved once 20 and 40 iterations are finished.
  [1, 1],
  [2, 0.1],
  [6, 0.5],
  [11, 1],
  [20, 1],
  [21, 0.5],
  [40, 0.5],
  [41, 0.25],
  [1000, 0.25],
])('milestones in iteration %i give %f of the base rate', (n, share) => {
  const schedule: LrSchedule = { ...warmup, name: 'milestones', milestones: [10, 20, 40] };
  expect(learningRate(schedule, 3e-4, n) / 3e-4).toBeCloseTo(share, 12);
});

test('iterations are counted from 1', () => {
  expect(() => learningRate(warmup, 1, 0)).toThrow(RangeError);
  expect(() => learningRate(warmup, 1, 1.5)).toThrow(RangeError);
});
