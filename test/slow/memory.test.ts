/** @file 300 iterations of a distillation do not grow resident memory; prints the curve. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readStats } from '../../src/training/stats_log.js';
import { temporaryFolder } from '../helpers/photos.js';
import { smallRun, startTraining } from '../helpers/small_run.js';

const ITERATIONS = 300;
/** Writing a checkpoint takes memory, too: it does so before memory is settled, and again and again. */
const CHECKPOINT_EVERY = 50;
/** Graphs are compiled, caches filled and the heap grown to its size by then. */
const SETTLED = 100;
const MOST_GROWTH_MB = 40;

it.each(['compiled', 'eager'])('%s', { timeout: 1_800_000 }, async (kind) => {
  const folder = await temporaryFolder();
  const out = join(folder, 'run');
  const train = { iterations: ITERATIONS, checkpointEvery: CHECKPOINT_EVERY, validateEvery: 0 };
  const { child, ended } = startTraining(
    '--config',
    await smallRun(folder, 'rsd', train),
    '--out',
    out,
    '--engine',
    kind,
  );
  const curve: { iteration: number; mb: number }[] = [];
  while (child.exitCode === null) {
    await sleep(500);
    const iteration = (await readStats(join(out, 'stats.jsonl'))).at(-1)?.iteration ?? 0;
    try {
      const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      if (rss) curve.push({ iteration, mb: Number(rss[1]) / 1024 });
    } catch {
      // The process has just ended.
    }
  }
  expect(await ended).toMatchObject({ code: 0 });
  // After the last iteration weights are exported: once in a training, and for as long as the machine takes.
  const settled = curve.filter(({ iteration }) => iteration >= SETTLED && iteration < ITERATIONS);
  const mean = (points: typeof curve): number => points.reduce((sum, { mb }) => sum + mb, 0) / points.length;
  const quarter = Math.max(1, Math.floor(settled.length / 4));
  const growth = mean(settled.slice(-quarter)) - mean(settled.slice(0, quarter));
  console.log(
    `${kind}: ${curve.map(({ iteration, mb }) => `${iteration}: ${mb.toFixed(0)}`).join(', ')} MB; growth ${growth.toFixed(1)} MB`,
  );
  expect(growth).toBeLessThan(MOST_GROWTH_MB);
});
