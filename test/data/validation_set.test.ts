/** @file Held-out images: the same for every run; stored pairs as they are. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runSchema } from '../../src/config/schema.js';
import { hasOriginal, loadValidationSet, type ValidationPair } from '../../src/data/validation_set.js';
import { photoPixels, temporaryFolder, writePhoto } from '../helpers/photos.js';

const folder = await temporaryFolder();
for (const [i, name] of ['b', 'a', 'c'].entries()) {
  await writePhoto(join(folder, 'hr', `${name}.png`), 48, 64, i);
  await writePhoto(join(folder, 'lq', `${name}.webp`), 12, 16, i);
}

function load(validation: object, data: object = {}) {
  return loadValidationSet(runSchema.parse({ data: { gtSize: 32, rescale: false, validation, ...data } }).data);
}

it('degrades centre crops, the same way every time', async () => {
  const pairs = await load({ hr: join(folder, 'hr') });
  expect(pairs.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  const [{ hr, lq }] = pairs.filter(hasOriginal) as [ValidationPair];
  expect([hr.height, hr.width, lq.height, lq.width]).toEqual([32, 32, 8, 8]);
  // Row 8, column 16 of the photo is the crop's first pixel.
  expect(hr.data[0]).toBeCloseTo(photoPixels(48, 64, 1)[(8 * 64 + 16) * 3]! / 127.5 - 1, 5);
  expect(await load({ hr: join(folder, 'hr') })).toEqual(pairs);
});

it('takes stored pairs as they are', async () => {
  const [first, ...rest] = await load({ hr: join(folder, 'hr'), lq: join(folder, 'lq'), count: 2 });
  expect(rest.map(({ name }) => name)).toEqual(['b']);
  expect([first!.hr!.height, first!.hr!.width, first!.lq.height, first!.lq.width]).toEqual([48, 64, 12, 16]);
});

it('takes LQ images alone', async () => {
  const images = await load({ hr: null, lq: join(folder, 'lq'), count: 2 });
  expect(images.map(({ name, hr }) => [name, hr])).toEqual([
    ['a', undefined],
    ['b', undefined],
  ]);
  expect([images[0]!.lq.height, images[0]!.lq.width]).toEqual([12, 16]);
});

it('is empty without photos', async () => {
  expect(await load({ hr: null })).toEqual([]);
});

it('refuses pairs that do not match', async () => {
  await writePhoto(join(folder, 'odd', 'a.png'), 10, 10);
  const [hr, odd] = [join(folder, 'hr'), join(folder, 'odd')];
  await expect(load({ hr, lq: odd })).rejects.toThrow(/a\.png: data\.validation\.lq: .*expected 40x40.*found 64x48/);
  await expect(load({ hr: join(hr, 'b.png'), lq: odd })).rejects.toThrow(
    /b\.png: data\.validation\.lq: has no LQ image/,
  );
});
