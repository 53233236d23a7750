/** @file The small-scale study: what its contenders are, and its tables. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { STUDY_METRICS } from '../../scripts/study/measure.js';
import type { StudentResult, StudyResults } from '../../scripts/study/results.js';
import { studyTables } from '../../scripts/study/table.js';
import { configOf } from '../../scripts/study/train_run.js';
import { loadRunConfig } from '../../src/config/load.js';

const FOLDER = fileURLToPath(new URL('../../configs/study/', import.meta.url));

describe('contenders', () => {
  const supervised = { gan: { weight: 3e-3 }, perceptual: { weight: 2, metric: 'st-lpips-alex' } };
  const alone = { gan: { weight: 0 }, perceptual: { weight: 0 } };
  const expected: Record<string, object> = {
    rsd: { method: 'rsd', rsd: { ...supervised, fakeUpdates: 1, timesteps: [14, 11, 7, 3], noiseChannels: 1 } },
    'rsd-k5': { method: 'rsd', rsd: { ...supervised, fakeUpdates: 5 } },
    'rsd-n1': { method: 'rsd', rsd: { ...supervised, timesteps: [14] } },
    'rsd-n15': { method: 'rsd', rsd: { timesteps: Array.from({ length: 15 }, (_, i) => 14 - i) } },
    'rsd-distill-only': { method: 'rsd', rsd: { ...alone, fakeUpdates: 1, timesteps: [14, 11, 7, 3] } },
    'rsd-distill-only-k5': { method: 'rsd', rsd: { ...alone, fakeUpdates: 5, timesteps: [14, 11, 7, 3] } },
    vsd: { method: 'vsd', rsd: { ...alone, fakeUpdates: 1, timesteps: [14], noiseChannels: 0 } },
    sid: { method: 'sid', sid: { alpha: 1.2 }, rsd: { ...alone, fakeUpdates: 1, noiseChannels: 1 } },
    sinsr: { method: 'sinsr', sinsr: { inverse: true, hrWeight: 1, sampler: 'deterministic' } },
  };

  it('are the files of configs/study, alike in everything that is not their point', async () => {
    const files = await readdir(FOLDER);
    expect(files.map((file) => path.basename(file, '.yaml')).sort()).toEqual(Object.keys(expected).sort());
    const { config: base } = await loadRunConfig('study-base');
    for (const file of files) {
      const { config } = await loadRunConfig(path.join(FOLDER, file));
      expect(config, file).toMatchObject(expected[path.basename(file, '.yaml')]!);
      expect({ ...config, method: base.method, rsd: base.rsd }, file).toEqual(base);
    }
  });

  it('with a budget of time train on until they are interrupted', async () => {
    const run = {
      contender: 'vsd',
      configFile: path.join(FOLDER, 'vsd.yaml'),
      seed: 7,
      sets: ['train.batch=8'],
      folder: '',
    };
    expect(await configOf(run)).toMatchObject({ seed: 7, train: { batch: 8, iterations: 150 } });
    expect((await configOf({ ...run, seconds: 5 })).train.iterations).toBeGreaterThan(1e5);
  });
});

describe('tables', () => {
  const scores = (psnr: number[]) => ({
    psnr,
    ssim: psnr.map((v) => v / 100),
    'st-lpips-alex': psnr.map((v) => 1 / v),
    niqe: psnr.map((v) => v / 5),
  });
  const student = (contender: string, seed: number, psnr: number[]): StudentResult => ({
    ...{ contender, method: contender, seed, student: `${contender} ${seed}` },
    ...{ studentUpdates: 60, trainingSeconds: 30, cpuSeconds: 90, scores: scores(psnr) },
  });
  const results: StudyResults = {
    ...{ photos: ['a', 'b', 'c'], side: 256, seconds: null },
    references: [{ name: 'bicubic', scores: scores([20, 20, 20]) }],
    students: [
      student('rsd', 1, [24, 25, 26]),
      student('vsd', 1, [22, 23, 24]),
      student('rsd', 2, [26, 27, 28]),
      student('vsd', 2, [22, 23, 24]),
    ],
  };
  const row = (text: string, name: string, table = 0): string[] => {
    const lines = text.split('\n\n')[1 + table]!.split('\n');
    const line = lines.find((candidate) => candidate.startsWith(`| ${name} |`))!;
    return line.split('|').map((cell) => cell.trim());
  };

  it('have means over photos and seeds, their interval over photos and the spread of seeds', () => {
    const text = studyTables(results);
    expect(text).toContain('Equal student updates. 3 held-out photos, centre crops of 256x256');
    expect(text).toContain('Training took 6 minutes of processor time.');
    const [, , seeds, updates, training, processor, psnr] = row(text, 'rsd');
    expect([seeds, updates, training, processor]).toEqual(['2', '60', '30', '90']);
    expect(psnr).toMatch(/^26\.00 \[25\.\d\d, 2[67]\.\d\d\] ± 1\.00$/);
    expect(row(text, 'bicubic')[6]).toBe('20.00 [20.00, 20.00]');
  });

  it('have paired differences from the first contender', () => {
    const text = studyTables(results);
    expect(row(text, 'vsd', 1)[2]).toBe('-3.00 [-3.00, -3.00]');
    expect(row(text, 'vsd', 1)).toHaveLength(STUDY_METRICS.length + 3);
    expect(text).not.toMatch(/\| rsd \|.*\n[^]*minus rsd[^]*\| rsd \|/);
    expect(studyTables({ ...results, seconds: 60 })).toContain('Equal training time: 60 s.');
  });
});
