/** @file Every distillation compiled: the numbers of the op-by-op run, over several micro-batches and with every option. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadRunConfig } from '../../src/config/load.js';
import { readStats, type StatsRecord } from '../../src/training/stats_log.js';
import { train } from '../../src/training/trainer.js';
import { temporaryFolder } from '../helpers/photos.js';
import { smallRun } from '../helpers/small_run.js';

const folder = await temporaryFolder();
const log = { info: () => undefined, warn: () => undefined };
const RUN = { iterations: 2, batch: 2, microBatch: 1, checkpointEvery: 2, validateEvery: 0 };
/** Of the second iteration's numbers, which follow from an update in other rounding. */
const TOLERANCE = 2e-3;

const walked = ['rsd.inputs=generated', 'rsd.renoise=deterministic', 'rsd.timesteps=[14, 5]'];
const told = ['rsd.conditionFake=true', 'rsd.gan.noisy=true', 'rsd.fakeUpdates=1'];

it.each([
  ['sinsr', ['sinsr.covarianceWeight=0.1', 'sinsr.space=image', 'sinsr.sampler=stochastic']],
  ['vsd', ['rsd.fakeUpdates=1']],
  ['sid', ['rsd.fakeUpdates=1', 'rsd.powerTen=true']],
  ['rsd', [...walked, ...told]],
] as const)('%s %j gives the same numbers in both engines', { timeout: 1_200_000 }, async (method, sets) => {
  const numbers: StatsRecord[][] = [];
  for (const kind of ['eager', 'compiled']) {
    const file = await smallRun(folder, 'rsd', RUN);
    const { config } = await loadRunConfig(file, [`method=${method}`, `engine.kind=${kind}`, ...sets]);
    const out = join(folder, `${method}-${kind}`);
    await train({ config, out, log });
    numbers.push(await readStats(join(out, 'stats.jsonl')));
  }
  const [eager, compiled] = numbers as [StatsRecord[], StatsRecord[]];
  eager.forEach((record, index) => {
    const terms = Object.keys(record).filter((name) => !/seconds|memory|imagesPer|iteration/i.test(name));
    expect(terms.length).toBeGreaterThan(4);
    for (const term of terms) {
      const [a, b] = [record[term]!, compiled[index]![term]!];
      expect(Math.abs(a - b), `${term}: ${a}, ${b}`).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(a)));
    }
  });
});
