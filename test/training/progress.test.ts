/** @file The progress line and its estimate. */
import { expect, test } from 'vitest';
import { formatDuration, Progress, RunningMedian } from '../../src/training/progress.js';

function newProgress({ isTTY, columns = 200 }: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const logged: string[] = [];
  const clock = { seconds: 100 };
  const progress = new Progress({
    total: 1000,
    batch: 8,
    stream: { isTTY, columns, write: (text) => written.push(text) },
    log: (line) => logged.push(line),
    logEverySeconds: 30,
    now: () => clock.seconds,
  });
  return { progress, written, logged, clock };
}

test('shows iteration, losses, speed, ETA and elapsed time on one line of a terminal', () => {
  const { progress, written, clock } = newProgress({ isTTY: true });
  clock.seconds += 2;
  progress.update(400, { rsd: 0.123456, fake: 2 });
  expect(written).toEqual(['\r 400/1000  40.0%  ETA 20:00  4.00 img/s  rsd 0.1235  fake 2.000  elapsed 0:02\x1b[K']);
  progress.clear();
  progress.clear();
  progress.finish();
  expect(written.slice(1)).toEqual(['\r\x1b[K']);
});

test('the estimate passes over slow steps such as checkpoints', () => {
  const { progress, written, clock } = newProgress({ isTTY: true });
  for (let iteration = 1; iteration <= 100; iteration++) {
    clock.seconds += iteration % 10 === 0 ? 60 : 1;
    progress.update(iteration, {});
  }
  expect(written.at(-1)).toContain('ETA 15:00');
  expect(written.at(-1)).toContain('elapsed 11:30');
});

test('the line never fills the terminal', () => {
  const { progress, written, clock } = newProgress({ isTTY: true, columns: 30 });
  clock.seconds += 1;
  progress.update(1, { rsd: 1, fake: 2, perceptual: 3 });
  expect(written[0]).toHaveLength('\r'.length + 29 + '\x1b[K'.length);
});

test('without a terminal logs now and then, and the last iteration', () => {
  const { progress, written, logged, clock } = newProgress({ isTTY: false });
  for (const iteration of [1, 2, 3, 4, 5, 999, 1000]) {
    clock.seconds += 10;
    progress.update(iteration, { rsd: 0 });
  }
  expect(logged.map((line) => line.trim().split('/')[0])).toEqual(['1', '4', '1000']);
  expect(written).toEqual([]);
});

test('the median follows the last values only', () => {
  const median = new RunningMedian(3);
  expect(median.value).toBeUndefined();
  const values = [5, 1, 9, 100, 100].map((value) => (median.add(value), median.value));
  expect(values).toEqual([5, 1, 5, 9, 100]);
});

test.each([
  [0, '0:00'],
  [59.6, '1:00'],
  [3599, '59:59'],
  [3723, '1:02:03'],
  [86400 * 12 + 3723, '12d 01:02:03'],
])('%d seconds read %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
