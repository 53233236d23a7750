/**
 * @file The real TensorBoard reads what a run leaves for it, over an interruption, as the run logged it. It is installed into
 * a throw-away environment; `RSD_TENSORBOARD_PYTHON` names a Python that has it already.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readStats } from '../../src/training/stats_log.js';
import { tensorboardTag } from '../../src/training/tensorboard/tags.js';
import { temporaryFolder } from '../helpers/photos.js';
import { smallRun, startTraining } from '../helpers/small_run.js';

const SCRIPT = join(import.meta.dirname, 'tensorboard_reader.py');
const ITERATIONS = 6;
/** Timesteps 0..14 of the default process. */
const LAST_TIMESTEP = 14;

interface Found {
  scalars: Record<string, [number, number][]>;
  images: Record<string, { step: number; height: number; width: number; sha256: string }[]>;
  texts: Record<string, [number, string[]][]>;
  others: Record<string, string>;
}

const folder = await temporaryFolder();
const out = join(folder, 'run');
let found: Found;

function installTensorBoard(): string {
  execFileSync('python3', ['-m', 'venv', join(folder, 'venv')]);
  const python = join(folder, 'venv', 'bin', 'python');
  // TensorBoard still asks setuptools for pkg_resources.
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'tensorboard', 'setuptools<80'], { stdio: 'inherit' });
  return python;
}

beforeAll(async () => {
  const run = await smallRun(folder, 'rsd', { iterations: ITERATIONS, validateEvery: 3, imagesEvery: 3 });
  const args = ['--config', run, '--out', out];
  // Iteration 3 is logged twice: the checkpoint of iteration 2 is what the run goes on from.
  const first = await startTraining(...args, '--set', 'train.iterations=3').ended;
  expect(first).toMatchObject({ code: 0 });
  execFileSync('rm', ['-r', join(out, 'checkpoints', 'iteration-00000003')]);
  const second = await startTraining(...args).ended;
  expect(second.output).toContain('resuming after iteration 2');
  expect(second.code).toBe(0);
  const python = process.env['RSD_TENSORBOARD_PYTHON'] ?? installTensorBoard();
  found = JSON.parse(execFileSync(python, [SCRIPT, join(out, 'tf_logs')], { encoding: 'utf8' })) as Found;
}, 10 * 60_000);

describe('TensorBoard', () => {
  it('finds every number once, under the published tags, as float32', async () => {
    const stats = await readStats(join(out, 'stats.jsonl'));
    const expected: Record<string, [number, number][]> = {};
    for (const { iteration, ...numbers } of stats) {
      for (const [key, value] of Object.entries(numbers)) {
        (expected[tensorboardTag(key, { lastTimestep: LAST_TIMESTEP })] ??= []).push([iteration, Math.fround(value)]);
      }
    }
    expect(stats.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(found.scalars).toEqual(expected);
    // The teacher does not change: it is validated once.
    expect(found.scalars['validation/teacher/psnrRgb']).toHaveLength(1);
    for (const tag of ['train_student/student_loss', 'optimizer/lr_fake', 'Validation SSIM, t=14']) {
      expect(found.scalars).toHaveProperty([tag]);
    }
    expect(found.others).toEqual({});
  });

  it('finds the grids', async () => {
    const grids = found.images['validation/grid']!;
    expect(grids.map(({ step }) => step)).toEqual([3, 6]);
    const png = await readFile(join(out, 'images', 'iteration-00000006.png'));
    expect(grids[1]!.sha256).toBe(createHash('sha256').update(png).digest('hex'));
  });

  it('finds the config as a block of text', async () => {
    const [, [text]] = found.texts['config']!.at(-1)!;
    const config = await readFile(join(out, 'config.yaml'), 'utf8');
    expect(text!.replaceAll(/^ {4}/gm, '')).toBe(config);
  });
});
