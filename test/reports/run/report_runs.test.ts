/** @file The page about runs: curves of what they logged, the teacher beside them, settings that differ. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../../src/cli/rsd_report.js';
import { runSchema } from '../../../src/config/schema.js';
import { configRows } from '../../../src/reports/run/config_table.js';
import { chartGroups } from '../../../src/reports/run/curves.js';
import { readRuns } from '../../../src/reports/run/read_run.js';
import { formatStats, type StatsRecord } from '../../../src/training/stats_log.js';
import { temporaryFolder, writePhoto } from '../../helpers/photos.js';

const folder = await temporaryFolder();

async function writeRun(name: string, values: object, records: StatsRecord[], grids: number[] = []): Promise<string> {
  const run = path.join(folder, name);
  await mkdir(path.join(run, 'images'), { recursive: true });
  await writeFile(path.join(run, 'config.yaml'), stringify(runSchema.parse(values)));
  await writeFile(path.join(run, 'stats.jsonl'), records.map((record) => `${formatStats(record)}\n`).join(''));
  for (const iteration of grids) {
    await writePhoto(path.join(run, 'images', `iteration-${String(iteration).padStart(8, '0')}.png`), 40, 60);
  }
  return run;
}

const teacher = { 'validation/teacher/psnr': 24, 'validation/teacher/ssim': 0.7 };
const records = [
  { iteration: 1, 'student/loss': 0.5, 'lr/student': 1e-4, 'gradNorm/student': 3, seconds: 2, 'memory/peakMb': 500 },
  { iteration: 2, 'student/loss': -Infinity, 'lr/student': 1e-4, 'validation/psnr': 22, ...teacher, seconds: 2 },
  { iteration: 3, 'student/loss': 0.25, 'lr/student': 1e-4, 'validation/psnr': 23, seconds: 2 },
] as StatsRecord[];

describe('rsd-report', () => {
  it('groups what runs logged, with the teacher as a line over the whole run', async () => {
    const runs = await readRuns([await writeRun('grouped', {}, records)]);
    const groups = chartGroups(runs);
    expect(groups.map(({ id, charts }) => [id, charts.map(({ key }) => key)])).toEqual([
      ['losses', ['student/loss']],
      ['validation', ['validation/psnr']],
      ['gradients', ['gradNorm/student']],
      ['rates', ['lr/student']],
      ['speed', ['seconds']],
      ['memory', ['memory/peakMb']],
    ]);
    expect(groups[1]!.charts[0]!.curves).toEqual([
      { series: 0, x: [2, 3], y: [22, 23], noisy: false },
      { series: 0, x: [1, 3], y: [24, 24], dashed: true },
    ]);
  });

  it('writes one file about several runs, with grids from the first to the last', async () => {
    const first = await writeRun('a', { seed: 1 }, records, [1, 2, 3, 4, 5]);
    const second = await writeRun('b', { seed: 2, train: { lr: 1e-3 } }, records.slice(0, 1));
    const output = path.join(folder, 'pages', 'two.html');
    expect(await main([first, second, '--output', output, '--grids', '3', '--log-level', 'error'])).toBe(0);
    const page = await readFile(output, 'utf8');
    const iterations = [...page.matchAll(/a, iteration (\d)/g)].map(([, iteration]) => iteration);
    expect(iterations).toEqual(['1', '3', '5']);
    expect(page).toContain('<code>train.lr</code>');
    expect(page).toContain('Settings that differ');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page).not.toMatch(/(src|href)="(?!data:|#)/);
  });

  it('tells runs of one name apart by their folders', async () => {
    const runs = [await writeRun('x/run', {}, records), await writeRun('y/run', {}, records)];
    expect((await readRuns(runs)).map(({ name }) => name)).toEqual(['x/run', 'y/run']);
  });

  it('goes on when a line is cut short, as it is while a run writes', async () => {
    const run = await writeRun('cut', {}, records);
    await writeFile(path.join(run, 'stats.jsonl'), `${formatStats(records[0]!)}\n{"iteration":2,"stu`);
    expect((await readRuns([run]))[0]!.stats).toHaveLength(1);
  });

  it('refuses what is no run, an empty one, one given twice, several without a file', async () => {
    await expect(main([folder])).rejects.toThrow(/config\.yaml: the config of the run cannot be read/);
    const empty = await writeRun('empty', {}, []);
    await expect(main([empty])).rejects.toThrow(/no finished iteration yet/);
    const one = await writeRun('one', {}, records);
    await expect(main([one, `${one}/`, '--output', 'x'])).rejects.toThrow(/given twice/);
    await expect(main([one, empty])).rejects.toThrow(/--output: several runs need a file/);
    await expect(main([])).rejects.toThrow(/at least one run folder/);
    await expect(main([one, '--girds', '3'])).rejects.toThrow(/unknown option --girds.*did you mean --grids/);
  });
});

describe('settings', () => {
  const run = (values: object): unknown => runSchema.parse(values);

  it('of several runs are those that differ', () => {
    const rows = configRows([run({ seed: 1 }), run({ seed: 2 }), run({ seed: 1, train: { batch: 8 } })]);
    expect(rows).toEqual([
      { key: 'seed', values: [1, 2, 1] },
      { key: 'train.batch', values: [64, 64, 8] },
    ]);
  });

  it('of one run are those that are not the defaults', () => {
    const keys = configRows([run({ seed: 1, train: { batch: 8 } })]).map(({ key }) => key);
    expect(keys).toContain('train.batch');
    expect(keys).not.toContain('train.lr');
  });
});
