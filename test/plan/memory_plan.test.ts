/** @file Memory plans of small runs against counts by hand, and what `rsd-train --dry-run` makes of them. */
import { readdir, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRunConfig } from '../../src/config/load.js';
import { selectDevice } from '../../src/engine/device.js';
import { tf } from '../../src/engine/tfjs.js';
import { dryRun } from '../../src/plan/dry_run.js';
import { fits, largestFitting, planMemory, totalBytes, type MemoryPlan } from '../../src/plan/memory_plan.js';
import { plannedPrograms } from '../../src/plan/traced_run.js';
import { formatStats } from '../../src/training/stats_log.js';
import { temporaryFolder } from '../helpers/photos.js';
import { smallRun } from '../helpers/small_run.js';

const BYTES = 4;
const options = { baseBytes: 400 * 2 ** 20, gpu: false };
const folder = await temporaryFolder();
const run = async (method: 'rsd' | 'resshift', ...sets: string[]) =>
  (await loadRunConfig(await smallRun(folder, method), sets)).config;

const bytesOf = (plan: MemoryPlan, group: string) => plan.networks.find((network) => network.group === group)!.bytes;
const part = (plan: MemoryPlan, what: string): number => plan.host.find((p) => p.what === what)!.bytes;

describe('memory plan', async () => {
  const before = tf.memory().numTensors;
  const distillation = planMemory(await run('rsd', 'train.microBatch=1'), options);
  const whole = planMemory(await run('resshift'), options);
  const parts = planMemory(await run('resshift', 'train.microBatch=1'), options);

  it('leaves no tensors behind', () => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives trained networks moments and sums, the student an average, frozen ones nothing', () => {
    for (const [group, purposes] of [
      ['teacher', { weights: 1 }],
      ['autoencoder', { weights: 1 }],
      ['fake', { weights: 1, moments: 2, 'gradient sums': 1 }],
      ['head', { weights: 1, moments: 2, 'gradient sums': 1 }],
      ['student', { weights: 1, moments: 2, 'moving average': 1, 'gradient sums': 1 }],
    ] as const) {
      const { parameters } = distillation.networks.find((network) => network.group === group)!;
      const expected = Object.entries(purposes).map(([purpose, times]) => [purpose, times * parameters * BYTES]);
      expect(bytesOf(distillation, group)).toEqual(Object.fromEntries(expected));
    }
    expect(bytesOf(whole, 'teacher')).not.toHaveProperty('gradient sums');
  });

  it('counts runs: K fake updates, each in micro-batches, then applied', () => {
    expect(distillation.programs.map(({ name, runs }) => [name, runs])).toEqual([
      ['fake update, micro-batch', 4],
      ['fake update, update', 2],
      ['student update, micro-batch', 2],
      ['student update, update', 1],
    ]);
    expect(whole.programs.map(({ name, runs }) => [name, runs])).toEqual([['teacher update', 1]]);
  });

  it("counts a teacher's steps of SinSR, and a student's walk to generated inputs, with every micro-batch", async () => {
    const sinsr = plannedPrograms(await run('rsd', 'method=sinsr', 'train.microBatch=1')).programs;
    expect(sinsr.map(({ name, runs }) => [name, runs])).toEqual([
      ['encode 1x16x16', 2],
      ['deterministic step 1x16x16', 2 * 15],
      ['student update, micro-batch', 2],
      ['student update, update', 1],
    ]);
    const sets = ['rsd.inputs=generated', 'rsd.timesteps=[14, 5]', 'rsd.conditionFake=true', 'rsd.gan.noisy=true'];
    const generated = plannedPrograms(await run('rsd', 'method=sid', ...sets)).programs;
    expect(generated.map(({ name, runs }) => [name, runs])).toEqual([
      ['encode 2x16x16', 3],
      ['stochastic step of a student 2x16x16', 3 * 2],
      ['fake update', 2],
      ['student update', 1],
    ]);
  });

  it('takes the same from either size of micro-batches', () => {
    const [one, two] = whole.choices;
    expect([one!.microBatch, two!.microBatch]).toEqual([1, 2]);
    const results = 'results alive at a time';
    const [small, large] = [part(parts, results), part(whole, results)];
    expect(large).toBeGreaterThan(small);
    expect(one!.host.find(({ what }) => what === results)!.bytes).toBe(small);
    expect(two!.host).toEqual(whole.host);
  });

  it('recomputing lowers what an update keeps', async () => {
    const { programs } = plannedPrograms(await run('resshift', 'train.recompute=true'));
    expect(programs[0]!.peakBytes).toBeLessThan(whole.programs[0]!.peakBytes);
  });

  it('puts state and results on the GPU if there is one', async () => {
    const gpu = planMemory(await run('resshift'), { ...options, gpu: true });
    expect(totalBytes(gpu.host) + totalBytes(gpu.gpu!)).toBeCloseTo(totalBytes(whole.host));
    const limits = { host: totalBytes(gpu.host), gpu: totalBytes(gpu.gpu!) };
    expect(fits(gpu, limits)).toBe(true);
    expect(fits(gpu, { ...limits, gpu: limits.gpu - 1 })).toBe(false);
    expect(fits(gpu, { host: limits.host })).toBe(false);
  });

  it('finds the largest micro-batch that fits', () => {
    const [one, two] = whole.choices.map(({ host }) => totalBytes(host));
    expect(largestFitting(whole, { host: two! })).toBe(2);
    expect(largestFitting(whole, { host: two! - 1 })).toBe(1);
    expect(largestFitting(whole, { host: one! - 1 })).toBeUndefined();
  });
});

describe('dry run', () => {
  selectDevice({ kind: 'cpu' });
  const dry = async (out: string, measure: boolean, sets: readonly string[] = []) => {
    const printed: string[] = [];
    const told: string[] = [];
    const config = await run('resshift', ...sets);
    const missing = [{ key: 'teacher.weights', path: 'nowhere.pth' }];
    const code = await dryRun({
      config,
      out,
      missing,
      measure,
      print: (line) => printed.push(line),
      progress: (line) => told.push(line),
    });
    return { code, text: printed.join('\n'), told };
  };

  it('measures a step, tells about it meanwhile, and leaves nothing', async () => {
    const before = tf.memory().numTensors;
    const out = join(folder, 'none');
    const { code, text, told } = await dry(out, true, ['train.microBatch=1']);
    expect(code).toBe(0);
    expect(text).toContain('\nmissing: teacher.weights (nowhere.pth)\n');
    expect(text).toMatch(/\nfits; the largest micro-batch that does is 2\n/);
    expect(text).toMatch(/\n\d+\.\d s an iteration \(measured with micro-batches of 1\): [\d:]+ for 12 iterations$/);
    expect(told.join('\n')).toMatch(/timing the teacher update/);
    expect(await readdir(folder)).not.toContain('none');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes the median of the run if it has begun', async () => {
    const out = join(folder, 'begun');
    await mkdir(out);
    const records = [9, 2, 3].map((seconds, i) => formatStats({ iteration: i + 1, seconds }));
    await writeFile(join(out, 'stats.jsonl'), records.map((line) => `${line}\n`).join(''));
    const { text, told } = await dry(out, true);
    expect(text).toMatch(/\n3\.0 s an iteration \(median of 3 iterations in .*stats\.jsonl\): 0:27 for 9 iterations$/);
    expect(told).toEqual([]);
  });

  it('ends with 2 if nothing fits', async () => {
    const { code, text } = await dry(join(folder, 'none'), true, ['data.cacheMb=99999999']);
    expect(code).toBe(2);
    expect(text).toContain('\ndoes not fit: not even micro-batches of one image do\n');
    expect(text).not.toMatch(/ s an iteration/);
  });
});
