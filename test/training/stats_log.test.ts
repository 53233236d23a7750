/** @file The log keeps numbers to the last bit and follows a resumed run's history. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { formatStats, parseStats, readStats, StatsLog } from '../../src/training/stats_log.js';
import { temporaryFolder } from './temporary_folder.js';

const newFile = async () => path.join(await temporaryFolder(), 'stats.jsonl');

async function logIterations(file: string, from: number, to: number, offset = 0): Promise<void> {
  const log = await StatsLog.open(file, from - 1);
  for (let iteration = from; iteration <= to; iteration++) log.append({ iteration, loss: iteration + offset });
  log.close();
}

test('every double comes back as it was', () => {
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 2000; i++) {
    view.setUint32(0, Math.imul(i + 1, 0x9e3779b1));
    view.setUint32(4, Math.imul(i + 1, 0x85ebca6b));
    const value = view.getFloat64(0);
    expect(parseStats(formatStats({ iteration: 1, value }))?.['value']).toBe(value);
  }
});

test.each([NaN, Infinity, -Infinity, -0, 0, 5e-324, 0.1])('%s comes back as it was', (loss) => {
  const line = formatStats({ iteration: 1, loss });
  expect(() => JSON.parse(line) as unknown).not.toThrow();
  expect(Object.is(parseStats(line)?.['loss'], loss)).toBe(true);
});

test('writes one JSON object a line', async () => {
  const file = await newFile();
  await logIterations(file, 1, 2);
  expect(await readFile(file, 'utf8')).toBe('{"iteration":1,"loss":1}\n{"iteration":2,"loss":2}\n');
});

test('resuming cuts the lines that the run goes through again', async () => {
  const file = await newFile();
  await logIterations(file, 1, 5);
  const log = await StatsLog.open(file, 3);
  expect(log.repair).toEqual({ abandoned: 2, unreadable: 0 });
  log.append({ iteration: 4, loss: 40 });
  log.close();
  expect((await readStats(file)).map(({ loss }) => loss)).toEqual([1, 2, 3, 40]);
  expect(await readdir(path.dirname(file))).toEqual(['stats.jsonl']);
});

test('a torn last line is repaired', async () => {
  const file = await newFile();
  await logIterations(file, 1, 3);
  const whole = await readFile(file, 'utf8');
  for (let cut = 1; cut <= 24; cut++) {
    await writeFile(file, whole.slice(0, -cut));
    const log = await StatsLog.open(file, 3);
    // With only the line's end missing the line itself is whole.
    expect(log.repair.unreadable).toBe(cut === 1 ? 0 : 1);
    if (cut > 1) log.append({ iteration: 3, loss: 3 });
    log.close();
    expect(await readFile(file, 'utf8')).toBe(whole);
  }
});

test('zeros that a power failure left at the end are cut', async () => {
  const file = await newFile();
  await logIterations(file, 1, 2);
  await writeFile(file, '\0'.repeat(100), { flag: 'a' });
  await logIterations(file, 3, 3);
  expect((await readStats(file)).map(({ iteration }) => iteration)).toEqual([1, 2, 3]);
});

test('starting from the beginning empties the log', async () => {
  const file = await newFile();
  await logIterations(file, 1, 3);
  await logIterations(file, 1, 1, 10);
  expect(await readStats(file)).toEqual([{ iteration: 1, loss: 11 }]);
});

test('refuses an iteration that does not come next', async () => {
  const file = await newFile();
  await logIterations(file, 1, 3);
  const log = await StatsLog.open(file, 3);
  expect(() => {
    log.append({ iteration: 3 });
  }).toThrow('stats of 3 come after 3');
  log.close();
});

test('reads nothing where there is no log', async () => {
  expect(await readStats(await newFile())).toEqual([]);
});
