/** @file Decoding: any kind of image file becomes 8-bit RGB, upright. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodePhoto } from '../../src/data/decode.js';
import { DecodedCache } from '../../src/data/decoded_cache.js';
import type { Rgb8 } from '../../src/data/pixels.js';
import { photoPixels, temporaryFolder, writePhoto } from '../helpers/photos.js';

const folder = await temporaryFolder();
const file = (name: string) => join(folder, name);
const raw = (data: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 2 | 3 | 4) =>
  sharp(data, { raw: { width, height, channels } });

it('gives the pixels of a lossless file back', async () => {
  const photo = await decodePhoto(await writePhoto(file('rgb.png'), 5, 7));
  expect(photo).toMatchObject({ height: 5, width: 7 });
  expect(Buffer.from(photo.data)).toEqual(Buffer.from(photoPixels(5, 7)));
});

it('turns a photo upright as its orientation tag says', async () => {
  // Orientation 6: the camera was turned, rows are columns.
  await raw(photoPixels(8, 24), 24, 8, 3).withMetadata({ orientation: 6 }).toFile(file('turned.png'));
  expect(await decodePhoto(file('turned.png'))).toMatchObject({ height: 24, width: 8 });
});

it('expands grey, drops alpha, reduces 16 bit', async () => {
  await raw(Uint8Array.of(0, 100, 200, 255), 2, 2, 1)
    .toColourspace('b-w')
    .png()
    .toFile(file('grey.png'));
  expect([...(await decodePhoto(file('grey.png'))).data]).toEqual([
    0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255,
  ]);

  await raw(Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 128), 2, 1, 4)
    .png()
    .toFile(file('alpha.png'));
  expect([...(await decodePhoto(file('alpha.png'))).data]).toEqual([10, 20, 30, 40, 50, 60]);

  const deep = Uint16Array.of(0, 32896, 65535, 257, 514, 771);
  await raw(deep, 2, 1, 3).toColourspace('rgb16').png().toFile(file('deep.png'));
  expect((await sharp(file('deep.png')).metadata()).depth).toBe('ushort');
  expect([...(await decodePhoto(file('deep.png'))).data]).toEqual([0, 128, 255, 1, 2, 3]);
});

it('refuses damaged files', async () => {
  await writeFile(file('text.jpg'), 'not an image');
  await expect(decodePhoto(file('text.jpg'))).rejects.toThrow();
  const whole = await readFile(await writePhoto(file('whole.png'), 64, 64));
  await writeFile(file('half.png'), whole.subarray(0, whole.length / 2));
  await expect(decodePhoto(file('half.png'))).rejects.toThrow();
});

it('keeps decoded photos up to the limit, the longest unused going first', async () => {
  const decoded: string[] = [];
  const decode = (name: string): Promise<Rgb8> => {
    decoded.push(name);
    return Promise.resolve({ height: 1, width: 1, data: new Uint8Array(name === 'large' ? 100 : 3) });
  };
  const cache = new DecodedCache(decode, 6);
  await Promise.all([cache.get('a'), cache.get('a'), cache.get('b')]);
  expect(decoded.splice(0)).toEqual(['a', 'b']);
  await cache.get('a'); // now b is the longest unused
  await cache.get('c');
  await cache.get('large');
  expect(decoded.splice(0)).toEqual(['c', 'large']);
  for (const name of ['a', 'c', 'b', 'large']) await cache.get(name);
  expect(decoded).toEqual(['b', 'large']);
});
