/** @file The stream of batches that are degraded on the device: a function of (seed, index), whatever the threads. */
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runSchema } from '../../../src/config/schema.js';
import { createPairStream, type PairStream } from '../../../src/data/stream.js';
import { temporaryFolder, writePhoto } from '../../helpers/photos.js';

const folder = await temporaryFolder();
for (let i = 0; i < 5; i++) await writePhoto(join(folder, `${i}.png`), 40 + 8 * i, 56, i);

const opened: PairStream[] = [];
afterEach(() => Promise.all(opened.splice(0).map((stream) => stream.close())));

async function open(values: object, kind: 'eager' | 'compiled' = 'eager'): Promise<PairStream> {
  const run = { train: folder, gtSize: 32, rescale: false, workers: 0, degradation: { kind: 'realesrgan' } };
  const { data } = runSchema.parse({ data: { ...run, ...values } });
  const stream = await createPairStream(data, { seed: 1, batch: 2, engine: { kind } });
  opened.push(stream);
  return stream;
}

it('is the same from threads, in any order, with any number of batches ahead', async () => {
  const reference = await open({ prefetch: 0 });
  const batches = [];
  for (let index = 0; index < 4; index++) batches.push(await reference.batch(index));
  const [threads, ahead] = [await open({ workers: 2 }), await open({ prefetch: 3 })];
  for (const index of [2, 0, 3]) {
    expect(await threads.batch(index)).toEqual(batches[index]);
    expect(await ahead.batch(index)).toEqual(batches[index]);
  }
});

it('lays LQ images beside HR images, with their draws', async () => {
  const stream = await open({ cropPad: 40 }, 'compiled');
  const { hr, lq, names, draws } = await stream.batch(0);
  expect([hr.length, lq.length, names.length]).toEqual([2 * 32 * 32 * 3, 2 * 8 * 8 * 3, 2]);
  expect(draws!.samples).toBe(2);
  const mean = (values: Float32Array, sample: number): number => {
    const size = values.length / 2;
    return values.subarray(sample * size, (sample + 1) * size).reduce((a, b) => a + b, 0) / size;
  };
  for (const sample of [0, 1]) expect(Math.abs(mean(hr, sample) - mean(lq, sample))).toBeLessThan(0.2);
});

it('can be closed while a batch is being made ahead', async () => {
  const stream = await open({ prefetch: 2 }, 'compiled');
  await stream.batch(0);
  await stream.close();
  opened.pop();
});
