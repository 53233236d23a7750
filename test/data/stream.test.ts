/** @file The stream of batches: the same bytes for the same (seed, index), whatever the threads, prefetching or restarts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runSchema } from '../../src/config/schema.js';
import { WHOLE } from '../../src/data/batch_maker.js';
import { createPairStream, type PairStream } from '../../src/data/stream.js';
import type { Pixels } from '../../src/images/pixels.js';
import { resize } from '../../src/images/resize.js';
import { temporaryFolder, writePhoto } from '../helpers/photos.js';

const folder = await temporaryFolder();
const good = join(folder, 'good');
for (let i = 0; i < 5; i++) await writePhoto(join(good, `${i}.png`), 40 + 8 * i, 56, i);

const opened: PairStream[] = [];
afterEach(() => Promise.all(opened.splice(0).map((stream) => stream.close())));

async function open(values: object, { seed = 1, batch = 3, shard = WHOLE } = {}): Promise<PairStream> {
  const mild = { train: good, gtSize: 32, rescale: false, workers: 0, degradation: { kind: 'mild' } };
  const { data } = runSchema.parse({ data: { ...mild, ...values } });
  const stream = await createPairStream(data, { seed, batch, shard });
  opened.push(stream);
  return stream;
}

it('gives batches of pairs in [-1, 1]', async () => {
  const stream = await open({});
  const { hr, lq, names } = await stream.batch(0);
  expect(stream.photos).toBe(5);
  expect([hr.length, lq.length, names.length]).toEqual([3 * 32 * 32 * 3, 3 * 8 * 8 * 3, 3]);
  for (const values of [hr, lq]) {
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.min(...values)).toBeLessThan(-0.5);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    expect(Math.max(...values)).toBeGreaterThan(0.5);
  }
});

it('lays each LQ image beside its HR image', async () => {
  const { hr, lq } = await (await open({ degradation: { kind: 'bicubic' } })).batch(2);
  for (let sample = 0; sample < 3; sample++) {
    const mean = (values: Float32Array) => {
      const size = values.length / 3;
      return values.subarray(sample * size, (sample + 1) * size).reduce((a, b) => a + b, 0) / size;
    };
    expect(Math.abs(mean(hr) - mean(lq))).toBeLessThan(0.02);
  }
});

it('shows every photo once a pass, across batches', async () => {
  const stream = await open({});
  const names: string[] = [];
  for (let index = 0; index < 10; index++) names.push(...(await stream.batch(index)).names);
  for (let pass = 0; pass < 6; pass++) expect(new Set(names.slice(5 * pass, 5 * pass + 5)).size).toBe(5);
});

it('is a function of seed and index: not of prefetching, cache, order of requests or restarts', async () => {
  const reference = await open({ prefetch: 0 });
  const batches = [];
  for (let index = 0; index < 6; index++) batches.push(await reference.batch(index));
  const others = [await open({ prefetch: 4 }), await open({ prefetch: 2, cacheMb: 0 })];
  for (const stream of others) {
    for (const index of [3, 4, 0, 5, 5]) expect(await stream.batch(index)).toEqual(batches[index]);
  }
  expect((await (await open({}, { seed: 2 })).batch(0)).hr).not.toEqual(batches[0]!.hr);
});

it('is the same from threads', async () => {
  const [here, threads] = [await open({}), await open({ workers: 2 })];
  for (const index of [0, 1, 2, 7]) expect(await threads.batch(index)).toEqual(await here.batch(index));
});

it('puts the next photo in the place of an unreadable one, and says so', async () => {
  const mixed = join(folder, 'mixed');
  for (const i of [0, 2, 3]) await writePhoto(join(mixed, `${i}.png`), 40, 40, i);
  await writeFile(join(mixed, '1.png'), 'broken');
  const forward = await open({ train: mixed });
  const batches = [];
  for (let index = 0; index < 4; index++) batches.push(await forward.batch(index));
  expect(batches.flatMap(({ names }) => names)).not.toContain(join(mixed, '1.png'));
  expect(forward.failures()).toEqual([{ file: join(mixed, '1.png'), reason: expect.stringMatching(/./) as string }]);
  const threads = await open({ train: mixed, workers: 2 });
  for (const index of [2, 0, 3]) expect(await threads.batch(index)).toEqual(batches[index]);
  expect(threads.failures()).toEqual(forward.failures());
});

it('stops when too many photos are unreadable', async () => {
  const bad = join(folder, 'bad');
  await writePhoto(join(bad, 'a.png'), 40, 40);
  for (const name of ['b.png', 'c.png']) await writeFile(join(bad, name), 'broken');
  const stream = await open({ train: bad });
  await expect(stream.batch(0)).rejects.toThrow(/data\.train: 2 of 3 photos cannot be read; expected at most 50 %/);
  expect((await (await open({ train: bad, maxFailedShare: 0.9 })).batch(0)).names).toEqual(
    Array(3).fill(join(bad, 'a.png')),
  );
  const none = await open({ train: join(bad, 'b.png'), maxFailedShare: 1 });
  await expect(none.batch(0)).rejects.toThrow(/1 of 1 photos cannot be read/);
});

it('gives several processes together the batches that one would make', async () => {
  const [one, ...parts] = await Promise.all([
    open({}, { batch: 6 }),
    ...[0, 1, 2].map((rank) => open({}, { batch: 2, shard: { rank, world: 3 } })),
  ]);
  for (const index of [0, 3, 4]) {
    const whole = await one.batch(index);
    const made = await Promise.all(parts.map((part) => part.batch(index)));
    expect(made.flatMap(({ names }) => names)).toEqual(whole.names);
    expect(made.flatMap(({ hr }) => [...hr])).toEqual([...whole.hr]);
    expect(made.flatMap(({ lq }) => [...lq])).toEqual([...whole.lq]);
  }
});

it('degrades a larger crop and cuts the same part of both', async () => {
  const bicubic = { degradation: { kind: 'bicubic' } };
  const { hr, lq } = await (await open({ ...bicubic, cropPad: 40 })).batch(0);
  expect([hr.length, lq.length]).toEqual([3 * 32 * 32 * 3, 3 * 8 * 8 * 3]);
  for (let sample = 0; sample < 3; sample++) {
    const image: Pixels = { height: 32, width: 32, data: hr.slice(sample * 3072, (sample + 1) * 3072) };
    const own = resize(image, 'imresize', 8, 8).data;
    const [inside, border] = [0, 0].map(() => ({ error: 0 }));
    for (let i = 0; i < own.length; i++) {
      const [row, column] = [Math.floor(i / 24), Math.floor(i / 3) % 8];
      const part = Math.min(row, column, 7 - row, 7 - column) >= 2 ? inside! : border!;
      part.error = Math.max(part.error, Math.abs(own[i]! - lq[sample * 192 + i]!));
    }
    // Antialiasing reaches two LQ pixels: within, both are the same; at the border the larger crop knows more.
    expect(inside!.error).toBeLessThan(1e-5);
    expect(border!.error).toBeGreaterThan(1e-3);
  }
});

it('takes a subset that the seed draws', async () => {
  const shown = async (seed: number) => {
    const stream = await open({ length: 2 }, { seed, batch: 10 });
    expect(stream.photos).toBe(2);
    return [...new Set((await stream.batch(0)).names)].sort();
  };
  const subsets = await Promise.all([1, 2, 3, 4, 5, 6].map(shown));
  for (const names of subsets) expect(names).toHaveLength(2);
  expect(await shown(1)).toEqual(subsets[0]);
  expect(new Set(subsets.map(String)).size).toBeGreaterThan(1);
  expect((await open({ length: 99 })).photos).toBe(5);
});

it('allows no failure at all if the share is 0', async () => {
  expect((await (await open({ maxFailedShare: 0 })).batch(0)).names).toHaveLength(3);
  const one = join(folder, 'one');
  for (const i of [0, 1, 2]) await writePhoto(join(one, `${i}.png`), 40, 40, i);
  await writeFile(join(one, 'broken.png'), '');
  const strict = await open({ train: one, maxFailedShare: 0 }, { batch: 4 });
  await expect(strict.batch(0)).rejects.toThrow(/1 of 4 photos cannot be read; expected at most 0 %/);
});

it('gives up early when photo after photo of many cannot be read', async () => {
  const lost = join(folder, 'lost');
  await mkdir(lost);
  for (let i = 0; i < 200; i++) await writeFile(join(lost, `${i}.jpg`), '');
  const stream = await open({ train: lost });
  await expect(stream.batch(0)).rejects.toThrow(/of 200 photos cannot be read so far, too many of them in a row/);
  expect(stream.failures().length).toBeLessThan(100);
});

it('has a fingerprint of the set of files', async () => {
  const prints = await Promise.all([open({}), open({ gtSize: 16 }), open({ train: join(good, '1.png') })]);
  expect(prints[0].fingerprint).toBe(prints[1].fingerprint);
  expect(prints[0].fingerprint).not.toBe(prints[2].fingerprint);
});
