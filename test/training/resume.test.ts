/** @file Exact resume: killed and resumed runs give the same numbers and weights to the last bit as an undisturbed one. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readStats, type StatsRecord } from '../../src/training/stats_log.js';
import { temporaryFolder } from '../helpers/photos.js';
import { smallRun, startTraining } from '../helpers/small_run.js';

const TIMING = new Set(['seconds', 'dataSeconds', 'imagesPerSecond', 'memory/rssMb', 'memory/peakMb']);

const folder = await temporaryFolder();

async function numbersOf(out: string): Promise<Partial<StatsRecord>[]> {
  const records = await readStats(join(out, 'stats.jsonl'));
  return records.map((record) => Object.fromEntries(Object.entries(record).filter(([key]) => !TIMING.has(key))));
}

const digest = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

/** Kills the run (SIGKILL) soon after it has logged `iteration`. */
async function killAfter(args: string[], out: string, iteration: number): Promise<void> {
  const { child, ended } = startTraining(...args);
  while (child.exitCode === null && (await numbersOf(out)).length < iteration) await sleep(20);
  // Somewhere inside the next iterations: in a step, or while a checkpoint is being written.
  await sleep(Math.random() * 150);
  child.kill('SIGKILL');
  expect((await ended).code).toBe('SIGKILL');
}

async function finish(args: string[]): Promise<void> {
  const { code, output } = await startTraining(...args).ended;
  expect(output).not.toMatch(/error/i);
  expect(code).toBe(0);
}

describe('a run killed at two random moments and resumed', () => {
  it.each([
    ['rsd', {}, {}],
    // Five photos and ten images an iteration in parts of one: parts of a batch lie in different epochs.
    ['rsd', { batch: 4, microBatch: 1, iterations: 8 }, {}],
    // The codebook appears in between: two phases share the accumulators. Degraded on the device, out of a pool that is
    // full after two batches.
    ['autoencoder', { microBatch: 1 }, { degradation: { kind: 'realesrgan' }, pool: 4 }],
  ] as const)('%s %o %o equals the undisturbed run', { timeout: 600_000 }, async (method, train, data) => {
    const config = await smallRun(folder, method, train, data);
    const name = `${method}-${Object.values(train).join('-')}`;
    const [straight, killed] = [join(folder, `${name}-straight`), join(folder, `${name}-killed`)];
    await finish(['--config', config, '--out', straight]);
    const args = ['--config', config, '--out', killed];
    await killAfter(args, killed, 1 + Math.floor(Math.random() * 3));
    await killAfter(args, killed, 4 + Math.floor(Math.random() * 2));
    await finish(args);
    expect(await numbersOf(killed)).toEqual(await numbersOf(straight));
    // The teacher does not change: it is validated once, whatever interrupts the run.
    const teacher = (await numbersOf(killed)).filter((record) => 'validation/teacher/psnrRgb' in record);
    expect(teacher.map(({ iteration }) => iteration)).toEqual(method === 'rsd' ? [6] : []);
    const [student, again] = [straight, killed].map((out) => join(out, 'student.safetensors'));
    expect(await digest(again!)).toBe(await digest(student!));
  });
});
