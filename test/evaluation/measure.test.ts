/** @file Measuring: interrupted and taken up again, networks freed, errors that name the image. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { imageSet } from '../../src/evaluation/image_sets.js';
import { measureImages, measureSets, type MeasureTask } from '../../src/evaluation/measure.js';
import { ScoreStore } from '../../src/evaluation/scores.js';
import type { ImageMetric, SetMetric } from '../../src/metrics/metric.js';
import { temporaryFolder, writePhoto } from '../helpers/photos.js';

const folder = await temporaryFolder();
for (const [index, set] of ['hr', 'mine'].entries()) {
  for (const name of ['a', 'b', 'c']) await writePhoto(path.join(folder, set, `${name}.png`), 12, 12, index);
}

const described = { title: 'Test', direction: 'higher', needsReference: true, symmetric: true } as const;

/** First value of the restored image in 0..255; counts what is done with it. */
function countingMetric(fail = false): ImageMetric & { calls: number; open: number } {
  const metric = {
    ...described,
    calls: 0,
    open: 0,
    load: () => {
      metric.open++;
      return Promise.resolve({
        measure: ({ data }: { data: Float32Array }) => {
          metric.calls++;
          if (fail) return Promise.reject(new UserError('too small'));
          return Promise.resolve(Math.round(data[0]! * 255));
        },
        dispose: () => {
          metric.open--;
        },
      });
    },
  };
  return metric;
}

async function task(metric: ImageMetric, more: Partial<MeasureTask> = {}): Promise<MeasureTask> {
  return {
    restored: new Map([['mine', await imageSet(path.join(folder, 'mine'), '--restored')]]),
    originals: await imageSet(path.join(folder, 'hr'), '--hr'),
    metrics: [{ name: 'test', metric }],
    store: await ScoreStore.open(path.join(folder, `${Math.random()}.jsonl`)),
    signal: new AbortController().signal,
    ...more,
  };
}

describe('measuring', () => {
  it('stops between images, frees the network, and goes on with the rest', async () => {
    const metric = countingMetric();
    const stop = new AbortController();
    const first = await task(metric, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(measureImages(first)).rejects.toThrow(/abort/i);
    expect([metric.calls, metric.open]).toEqual([1, 0]);
    const percents: number[] = [];
    const measured = await measureImages(
      await task(metric, { store: first.store, onProgress: ({ percent }) => percents.push(percent) }),
    );
    expect([metric.calls, metric.open]).toEqual([3, 0]);
    expect(percents).toEqual([50, 100]);
    expect(measured.get('test')!.get('mine')).toEqual([228, 228, 228]);
  });

  it('loads nothing when everything is known', async () => {
    const metric = countingMetric();
    const first = await task(metric);
    await measureImages(first);
    await measureImages({
      ...first,
      metrics: [{ name: 'test', metric: { ...metric, load: () => Promise.reject(new Error('loaded')) } }],
    });
    expect(metric.calls).toBe(3);
  });

  it('names the image that a metric cannot be applied to, and frees the network', async () => {
    const metric = countingMetric(true);
    await expect(measureImages(await task(metric))).rejects.toThrow(/mine\/a\.png: too small/);
    expect(metric.open).toBe(0);
  });

  it('gives metrics of sets all images of both', async () => {
    const seen = { restored: 0, reference: 0, disposed: 0 };
    const metric: SetMetric = {
      ...described,
      load: () =>
        Promise.resolve({
          addRestored: () => {
            seen.restored++;
            return Promise.resolve();
          },
          addReference: () => {
            seen.reference++;
            return Promise.resolve();
          },
          result: () => seen.restored * 10 + seen.reference,
          dispose: () => {
            seen.disposed++;
          },
        }),
    };
    const results = await measureSets(await task(countingMetric()), [{ name: 'set', metric }]);
    expect(results.get('set')!.get('mine')).toBe(33);
    expect(seen.disposed).toBe(1);
  });
});
