/** @file Pairs of photos: partners by name, the scale of each, and crops that show the same scene. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runSchema } from '../../src/config/schema.js';
import { randomPairCrop } from '../../src/data/crop.js';
import { createPairStream } from '../../src/data/stream.js';
import type { Rgb8 } from '../../src/images/pixels.js';
import { CountedRandom } from '../../src/random/counted.js';
import { temporaryFolder, writePhoto } from '../helpers/photos.js';

const folder = await temporaryFolder();
const path = (...parts: string[]) => join(folder, ...parts);
for (const [i, name] of ['Canon/1', 'Nikon/1', 'Nikon/2'].entries()) {
  await writePhoto(path('hr', `${name}.png`), 48 + 16 * i, 64, i);
  await writePhoto(path('lq', `${name}.webp`), 12 + 4 * i, 16, i);
}

function open(values: object) {
  const data = { train: path('hr'), lq: path('lq'), gtSize: 32, workers: 0, ...values };
  return createPairStream(runSchema.parse({ data }).data, { seed: 1, batch: 3 });
}

/** Every pixel of LQ tells its place, every one of HR that of the LQ pixel it is part of. */
function placePair(height: number, width: number, scale: number): [hr: Rgb8, lq: Rgb8] {
  const image = (factor: number): Rgb8 => ({
    height: height * factor,
    width: width * factor,
    data: Uint8Array.from({ length: height * width * factor ** 2 * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      const [row, column] = [Math.floor(pixel / (width * factor)), pixel % (width * factor)];
      return [Math.floor(row / factor), Math.floor(column / factor), 0][i % 3]!;
    }),
  });
  return [image(scale), image(1)];
}

it.each([
  ['large enough', 9, 12],
  ['too small', 3, 2],
])('cuts the same scene of both: %s', (_, height, width) => {
  const [hrPhoto, lqPhoto] = placePair(height, width, 2);
  const seen = new Set<string>();
  for (let sample = 0; sample < 60; sample++) {
    const random = new CountedRandom({ seed: 1, purpose: 'crop', sample });
    const { hr, lq } = randomPairCrop(hrPhoto, lqPhoto, { gtSize: 8, scale: 2, flip: true }, random);
    expect([hr.height, hr.width, lq.height, lq.width]).toEqual([8, 8, 4, 4]);
    seen.add(lq.data.slice(0, 6).join());
    for (let i = 0; i < hr.data.length; i++) {
      const [row, column, channel] = [Math.floor(i / 24), Math.floor(i / 3) % 8, i % 3];
      expect(hr.data[i]).toBe(lq.data[((row >> 1) * 4 + (column >> 1)) * 3 + channel]);
    }
  }
  expect(seen.size).toBeGreaterThan(height === 9 ? 30 : 1);
});

it('finds partners by their names below the folders, whatever the ending', async () => {
  const stream = await open({});
  const { hr, lq, names } = await stream.batch(0);
  expect([...names].sort()).toEqual(['Canon/1', 'Nikon/1', 'Nikon/2'].map((name) => path('hr', `${name}.png`)));
  expect([hr.length, lq.length]).toEqual([3 * 32 * 32 * 3, 3 * 8 * 8 * 3]);
  expect(stream.failures()).toEqual([]);
});

it('names HR photos without a partner, and partners of one name', async () => {
  await writePhoto(path('fewer', 'Canon', '1.png'), 12, 16);
  await expect(open({ lq: path('fewer') })).rejects.toThrow(
    /data\.lq: 2 of 3 HR photos have no LQ photo.*found none for .*Nikon\/1\.png, .*Nikon\/2\.png/,
  );
  await writePhoto(path('twice', 'Canon', '1.png'), 12, 16);
  await writePhoto(path('twice', 'Canon', '1.jpg'), 12, 16);
  await expect(open({ lq: path('twice') })).rejects.toThrow(/two LQ photos.*1\.jpg and .*1\.png/);
});

it('leaves out pairs of another scale, naming both photos', async () => {
  for (const name of ['Canon/1', 'Nikon/1'])
    await writePhoto(path('odd', `${name}.png`), name === 'Canon/1' ? 12 : 20, 16);
  await writePhoto(path('odd', 'Nikon/2.png'), 20, 16);
  const stream = await open({ lq: path('odd') });
  expect(new Set((await stream.batch(0)).names)).toEqual(
    new Set([path('hr', 'Canon/1.png'), path('hr', 'Nikon/2.png')]),
  );
  const [failure] = stream.failures();
  expect(failure!.file).toBe(path('hr', 'Nikon/1.png'));
  expect(failure!.reason).toMatch(/64x64 is not 4 times its LQ photo .*odd\/Nikon\/1\.png, 16x20/);
  const all = await open({ scale: 2 });
  await expect(all.batch(0)).rejects.toThrow(/data\.train: 3 of 3 photos cannot be read.*16x/);
});
