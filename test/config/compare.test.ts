/** @file Which changes of a run file forbid going on from a checkpoint. */
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { continuationDifferences } from '../../src/config/compare.js';
import { resolveRun } from '../../src/config/resolve.js';
import { runSchema, type RunConfig } from '../../src/config/schema.js';

function run(values: object): RunConfig {
  return resolveRun(runSchema.parse(values));
}

it('names each forbidden change with both values', () => {
  const saved = run({ seed: 1, train: { batch: 8 }, data: { gtSize: 64, degradation: { kind: 'bicubic' } } });
  const now = run({ seed: 2, train: { batch: 16 }, data: { gtSize: 64, degradation: { kind: 'mild' } } });
  expect(continuationDifferences(saved, now)).toEqual([
    { key: 'seed', saved: 1, now: 2 },
    { key: 'train.batch', saved: 8, now: 16 },
    { key: 'data.degradation.kind', saved: 'bicubic', now: 'mild' },
    { key: 'data.degradation.blurSigma', saved: undefined, now: [0.2, 0.8] },
    { key: 'data.degradation.noiseSigma', saved: undefined, now: [1, 10] },
    { key: 'data.degradation.jpegQuality', saved: undefined, now: [70, 95] },
  ]);
});

it('sees values that follow from changed ones', () => {
  const keys = continuationDifferences(run({}), run({ train: { lr: 1e-3 } })).map(({ key }) => key);
  expect(keys).toEqual(['train.lr', 'train.scheduler.maxLr', 'rsd.fakeLr']);
});

it('allows what does not change the remaining numbers', () => {
  const now = {
    train: {
      iterations: 9,
      checkpointEvery: 1,
      validateEvery: 1,
      imagesEvery: 1,
      bestMetric: 'ssim',
      tensorboard: true,
      keepCheckpoints: 1,
    },
    data: { workers: 0, prefetch: 1, cacheMb: 1, validation: { hr: null } },
    engine: { memory: { growth: false } },
    // Not read by this method.
    resshift: { weightedMse: true },
  };
  expect(continuationDifferences(run({}), run(now))).toEqual([]);
});

it('does not allow another number of threads: sums round differently', () => {
  const keys = continuationDifferences(run({}), run({ engine: { threads: 1 } })).map(({ key }) => key);
  expect(keys).toEqual(['engine.threads']);
});

it('takes two names of one folder as equal, and a saved run through JSON', () => {
  const saved = JSON.parse(JSON.stringify(run({ data: { train: ['photos'] } }))) as RunConfig;
  expect(continuationDifferences(saved, run({ data: { train: [resolve('photos')] } }))).toEqual([]);
});
