/** @file Rules of the schedule: start cap, respacing, rejected options. */
import { describe, expect, it } from 'vitest';
import type { DiffusionConfig } from '../../src/diffusion/config.js';
import { createSchedule, respacedTimesteps } from '../../src/diffusion/schedule.js';
import { UserError } from '../../src/errors/user_error.js';

const config: DiffusionConfig = {
  steps: 15,
  scheduleName: 'exponential',
  power: 0.3,
  etasEnd: 0.99,
  minNoiseLevel: 0.04,
  kappa: 2,
  cappedStart: true,
  predictType: 'xstart',
  normalizeInput: true,
  latentFlag: true,
  scaleFactor: 1,
  sf: 4,
};

describe('createSchedule', () => {
  it('applies the start cap only where asked, as published for the 4-step models', () => {
    const journal = { ...config, steps: 4, minNoiseLevel: 0.2 };
    const near = (found: Float64Array, expected: number[]): void =>
      expected.forEach((value, t) => expect(found[t]).toBeCloseTo(value, 9));
    near(createSchedule({ ...journal, cappedStart: false }).sqrtEtas, [0.1, 0.5200963722, 0.7613819906, 0.99]);
    near(createSchedule(journal).sqrtEtas, [0.0316227766, 0.3764396588, 0.6673233889, 0.99]);
  });

  it('keeps the identities k + m + j = 1 and posterior weights summing to 1', () => {
    const s = createSchedule(config);
    for (let t = 0; t < s.steps; t += 1) {
      expect(s.ddimK[t]! + s.ddimM[t]! + s.ddimJ[t]!).toBeCloseTo(1, 13);
      expect(s.posteriorMeanCoef1[t]! + s.posteriorMeanCoef2[t]!).toBeCloseTo(1, 13);
    }
    expect([s.stepNoiseStd[0], s.ddimK[0], s.ddimM[0]]).toEqual([0, 1, 0]);
  });

  it('keeps the documented timesteps when respaced', () => {
    expect(respacedTimesteps(15, 5)).toEqual([0, 3, 6, 9, 12]);
    expect(respacedTimesteps(15, 4)).toEqual([0, 3, 7, 11]);
    expect(respacedTimesteps(15, 3)).toEqual([0, 5, 10]);
    expect(respacedTimesteps(15, 10)).toEqual([0, 1, 3, 4, 6, 7, 9, 10, 12, 13]);
    expect(respacedTimesteps(15, 15)).toEqual(Array.from({ length: 15 }, (_, i) => i));
  });

  it.each([
    ['one kept timestep', { timestepRespacing: 1 }, /timestepRespacing.*one-step sampler/],
    ['more than all timesteps', { timestepRespacing: 16 }, /timestepRespacing/],
    ['a fractional number', { timestepRespacing: 2.5 }, /timestepRespacing/],
    ['a single step', { steps: 1 }, /diffusion\.steps/],
    ['no noise', { kappa: 0 }, /diffusion\.kappa/],
    ['an end below the start', { etasEnd: 0.01 }, /diffusion\.etasEnd/],
    ['an end that leaves nothing of z_0', { etasEnd: 1 }, /diffusion\.etasEnd/],
  ])('rejects %s', (_, change, message) => {
    const create = (): unknown => createSchedule({ ...config, ...change });
    expect(create).toThrow(UserError);
    expect(create).toThrow(message);
  });
});
