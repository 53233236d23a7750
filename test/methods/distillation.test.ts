/** @file Every distillation through the trainer: numbers, exact resume, the exported student, and restoring with it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRunConfig } from '../../src/config/load.js';
import type { RunConfig } from '../../src/config/schema.js';
import { tf } from '../../src/engine/tfjs.js';
import { readModelFile } from '../../src/models/model_file.js';
import { createRestorer } from '../../src/restore/restorer.js';
import { readStats } from '../../src/training/stats_log.js';
import { train } from '../../src/training/trainer.js';
import { temporaryFolder } from '../helpers/photos.js';
import { syntheticPicture } from '../helpers/pictures.js';
import { smallRun } from '../helpers/small_run.js';

const folder = await temporaryFolder();
const log = { info: () => undefined, warn: () => undefined };
/** Seconds, but minutes on a machine that trains meanwhile. */
const TIMEOUT = 600_000;
/** One image an iteration, op by op: compiling would take longer than training (test/slow has the compiled twin). */
const SHORT = { iterations: 2, batch: 1, microBatch: 1, checkpointEvery: 1, validateEvery: 0 };
const TIMESTEPS = [14, 5];

interface Case {
  readonly method: RunConfig['method'];
  readonly sets: readonly string[];
  /** Terms that are logged. */
  readonly terms: readonly string[];
  readonly noiseChannels: number;
  readonly timesteps: readonly number[];
}

const cases: readonly Case[] = [
  {
    method: 'sinsr',
    sets: ['sinsr.covarianceWeight=0.1'],
    terms: ['distillation', 'inverse', 'groundTruth', 'covariance', 'gradNorm', 'lr'],
    noiseChannels: 0,
    timesteps: [14],
  },
  {
    method: 'vsd',
    sets: ['rsd.fakeUpdates=1', 'rsd.distillIterations=1'],
    terms: ['student/loss', 'student/gan', 'student/mse', 'fake/loss', 'fake/gan', 'gradNorm/student', 'gradNorm/fake'],
    noiseChannels: 0,
    timesteps: [14],
  },
  {
    method: 'sid',
    sets: ['rsd.fakeUpdates=1', 'rsd.gan.weight=0', 'rsd.mse.weight=0', 'rsd.timesteps=[14, 5]'],
    terms: ['student/loss', 'fake/loss', 'gradNorm/student', 'gradNorm/fake'],
    noiseChannels: 1,
    timesteps: TIMESTEPS,
  },
  {
    method: 'rsd',
    sets: [
      'rsd.fakeUpdates=1',
      'rsd.timesteps=[14, 5]',
      'rsd.inputs=generated',
      'rsd.conditionFake=true',
      'rsd.gan.noisy=true',
      'rsd.validateSteps=all',
    ],
    terms: ['student/loss', 'student/gan', 'student/mse', 'fake/loss', 'fake/gan', 'gradNorm/student', 'gradNorm/fake'],
    noiseChannels: 1,
    timesteps: TIMESTEPS,
  },
];

describe.each(cases)(
  'method $method, $sets',
  { timeout: TIMEOUT },
  ({ method, sets, terms, noiseChannels, timesteps }) => {
    const run = async (name: string, ...further: string[]): Promise<string> => {
      const out = join(folder, `${method}-${name}`);
      const file = await smallRun(folder, 'rsd', SHORT);
      const { config } = await loadRunConfig(file, [`method=${method}`, 'engine.kind=eager', ...sets, ...further]);
      expect(await train({ config, out, log })).toMatchObject({ iteration: config.train.iterations, exitCode: 0 });
      return out;
    };

    it('trains, and resumed gives the same bits', async () => {
      const before = tf.memory().numTensors;
      const validated = sets.includes('rsd.validateSteps=all');
      const straight = await run('straight', ...(validated ? ['train.validateEvery=2'] : []));
      const resumed = await run('resumed', 'train.iterations=1');
      await run('resumed');
      const [first, numbers] = await readStats(join(straight, 'stats.jsonl'));
      const [, again] = await readStats(join(resumed, 'stats.jsonl'));
      if (sets.includes('rsd.distillIterations=1')) expect(first).not.toHaveProperty(['student/gan']);
      for (const term of terms) {
        expect(Number.isFinite(numbers![term]), term).toBe(true);
        expect(again![term], term).toBe(numbers![term]);
      }
      expect(
        Object.keys(numbers!)
          .filter((name) => /^(student|fake)\/(?!total)/.test(name))
          .sort(),
      ).toEqual(terms.filter((name) => /^(student|fake)\//.test(name)).sort());
      expect('validation/psnrRgb' in numbers! && 'validation/teacher/psnrRgb' in numbers).toBe(validated);
      const [last, twin] = [straight, resumed].map((out) => join(out, 'checkpoints', 'iteration-00000002'));
      const groups = (await readdir(last!)).filter((name) => name.endsWith('.safetensors'));
      expect(groups.length).toBeGreaterThan(3);
      for (const group of groups) {
        const [bytes, same] = [await readFile(join(last!, group)), await readFile(join(twin!, group))];
        expect(same.equals(bytes), group).toBe(true);
      }
      expect(tf.memory().numTensors).toBe(before);
    });

    it('leaves a student that restores in one step and in those it was trained at', async () => {
      const model = await readModelFile(join(folder, `${method}-straight`, 'student.safetensors'));
      expect(model).toMatchObject({ kind: 'student', extra: { timesteps: JSON.stringify(timesteps) } });
      expect(model.unet!.config.noiseChannels).toBe(noiseChannels);
      const restored = await Promise.all(
        [...new Set([1, timesteps.length])].map(async (steps) => {
          const restorer = await createRestorer({ model, engine: { kind: 'eager' }, steps });
          const picture = await restorer.restore(syntheticPicture(16, 16));
          restorer.dispose();
          return picture;
        }),
      );
      for (const { data } of restored) expect(data.every(Number.isFinite)).toBe(true);
      if (restored.length > 1) expect(restored[1]).not.toEqual(restored[0]);
    });
  },
);
