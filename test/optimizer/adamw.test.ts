/** @file The host's part of AdamW. */
import { expect, test } from 'vitest';
import { adamwScalars, momentsLike } from '../../src/optimizer/adamw.js';

const config = { betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0.01 } as const;

test('bias corrections are powers of the step count', () => {
  expect(adamwScalars(config, 5e-5, 1)).toEqual({
    lr: 5e-5,
    beta1: 0.9,
    beta2: 0.95,
    beta1Power: 0.9,
    beta2Power: 0.95,
    eps: 1e-8,
    weightDecay: 0.01,
  });
  const third = adamwScalars(config, 5e-5, 3);
  expect(third.beta1Power).toBeCloseTo(0.729, 14);
  expect(third.beta2Power).toBeCloseTo(0.857375, 14);
  expect(adamwScalars(config, 5e-5, 100_000).beta2Power).toBe(0);
});

test('steps are counted from 1', () => {
  expect(() => adamwScalars(config, 1, 0)).toThrow(RangeError);
});

test('moments begin at zero, with memory of their own', () => {
  const parameters = new Map([['conv.weight', { shape: [2, 1], data: new Float32Array([3, 4]) }]]);
  const moments = momentsLike(parameters);
  expect(moments).toEqual(new Map([['conv.weight', { shape: [2, 1], data: new Float32Array(2) }]]));
  expect(parameters.get('conv.weight')?.data).toEqual(new Float32Array([3, 4]));
});
