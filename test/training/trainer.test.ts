/** @file `rsd-train` from outside: run folder, signals, refusals, numbers that stop being finite. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readModelFile } from '../../src/models/model_file.js';
import { readStats } from '../../src/training/stats_log.js';
import { temporaryFolder } from '../helpers/photos.js';
import { smallRun, startTraining } from '../helpers/small_run.js';
import { readFields, readRecords } from '../tensorboard/event_bytes.js';

const TIMEOUT = 300_000;
const folder = await temporaryFolder();
let teacherRun: string;
beforeAll(async () => {
  teacherRun = await smallRun(folder, 'resshift', { iterations: 4, imagesEvery: 4, validateEvery: 2 });
});

/** Arguments of a run into `out` with these keys set. */
const runInto = (out: string, ...sets: string[]): string[] => [
  ...['--config', teacherRun, '--out', out],
  ...sets.flatMap((set) => ['--set', set]),
];
const trained = (out: string, ...sets: string[]) => startTraining(...runInto(out, ...sets)).ended;

describe('a run', { timeout: TIMEOUT }, () => {
  it('leaves config, statistics, checkpoints, images and a model; reads unreadable photos around', async () => {
    await writeFile(join(folder, 'photos', 'broken.png'), 'no image');
    const out = join(folder, 'whole');
    const metric = ['train.validationMetrics=[st-lpips-alex]', 'train.bestMetric=st-lpips-alex'];
    const { code, output } = await trained(out, ...metric);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(parse(await readFile(join(out, 'config.yaml'), 'utf8'))).toMatchObject({ method: 'resshift', seed: 5 });
    const stats = await readStats(join(out, 'stats.jsonl'));
    expect(stats.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4]);
    for (const key of ['loss', 'gradNorm', 'lr', 'seconds', 'dataSeconds', 'imagesPerSecond'])
      expect(stats[0]).toHaveProperty(key);
    for (const key of ['psnrRgb', 'psnr', 'ssim', 'st-lpips-alex'])
      expect(stats[1]).toHaveProperty(`validation/${key}`);
    const [events] = await readdir(join(out, 'tf_logs'));
    const steps = readRecords(await readFile(join(out, 'tf_logs', events!))).map((record) => readFields(record).get(2));
    // Version, config, iterations, grid.
    expect(steps).toEqual([[0], [1], [1], [2], [3], [4], [4]]);
    expect(await readdir(join(out, 'checkpoints'))).toEqual(['iteration-00000002', 'iteration-00000004']);
    expect(await readdir(join(out, 'images'))).toEqual(['iteration-00000004.png']);
    expect(await readModelFile(join(out, 'student.safetensors'))).toMatchObject({ kind: 'teacher' });
    expect(await readFile(join(out, 'unreadable_photos.txt'), 'utf8')).toContain('broken.png');
  });

  it('finishes the iteration, saves and exits with 130 on SIGINT, and goes on from there', async () => {
    const out = join(folder, 'interrupted');
    const { child, ended } = startTraining(...runInto(out, 'train.iterations=500', 'train.checkpointEvery=500'));
    while (!existsSync(join(out, 'stats.jsonl')) || (await readStats(join(out, 'stats.jsonl'))).length < 2)
      await sleep(50);
    child.kill('SIGINT');
    const { code, output } = await ended;
    expect({ code, output }).toMatchObject({ code: 130 });
    const done = (await readStats(join(out, 'stats.jsonl'))).at(-1)!.iteration;
    const resumed = await trained(out, `train.iterations=${done + 1}`);
    expect(resumed.output).toContain(`resuming after iteration ${done}`);
    expect(resumed.code).toBe(0);
  });

  it('stops before the update when numbers are no longer finite, naming the last good checkpoint', async () => {
    const out = join(folder, 'diverging');
    const { code, output } = await trained(out, 'train.iterations=40', 'train.checkpointEvery=1', 'train.lr=1e30');
    expect(code).toBe(2);
    expect(output).toMatch(/stopped at iteration \d+: teacher update: .*not finite/);
    expect(output).toMatch(/last good checkpoint is .*iteration-0000000\d/);
    expect(output).not.toMatch(/\n\s+at /);
  });
});

describe('wrong input is one clear line and exit code 2', { timeout: TIMEOUT }, () => {
  it.each([
    ['an unknown key', ['train.iteration=3'], /train\.iteration\b.*train\.iterations/],
    ['a value out of range', ['train.batch=0'], /train\.batch/],
    ['a missing file', ['autoencoder.weights=nowhere.safetensors'], /nowhere\.safetensors/],
    ['a crop that does not fit the window', ['data.gtSize=48'], /window|multiple/],
    [
      'a network that is not the one in the file',
      ['method=rsd', 'teacher.unet.modelChannels=16'],
      /teacher\.unet\.modelChannels.*expected 8.*found 16/,
    ],
    ['a metric of larger images', ['train.validationMetrics=[niqe]'], /train\.validationMetrics: .*too small for NIQE/],
    ['an empty folder of photos', ['data.train=/dev/shm/no-such-folder'], /no such file or folder/],
  ])('%s', async (_, sets, message) => {
    const out = join(folder, 'refused');
    const { code, output } = await trained(out, ...sets);
    const errors = output.split('\n').filter((line) => line.startsWith('error:'));
    expect(errors.join()).toMatch(message);
    expect(errors).toHaveLength(1);
    expect(output).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });

  it('another config in a run folder with checkpoints says what differs', async () => {
    const out = join(folder, 'changed');
    expect((await trained(out, 'train.iterations=2')).code).toBe(0);
    const { code, output } = await trained(out, 'seed=6');
    expect(output).toMatch(/seed was 5, now 6/);
    expect(code).toBe(2);
  });
});
