/** @file Decoding: any kind of image file becomes 8-bit RGB, upright. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { createPhotoDecoder, decodePhoto } from '../../src/data/decode.js';
import { DecodedCache } from '../../src/data/decoded_cache.js';
import type { Rgb8 } from '../../src/images/pixels.js';
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

it('converts CMYK', async () => {
  const solid = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => [200, 40, 60][i % 3]!);
  await raw(solid, 64, 64, 3).toColourspace('cmyk').jpeg({ quality: 100 }).toFile(file('cmyk.jpg'));
  expect((await sharp(file('cmyk.jpg')).metadata()).space).toBe('cmyk');
  const { data, width } = await decodePhoto(file('cmyk.jpg'));
  expect([width, data.length]).toEqual([64, 64 * 64 * 3]);
  // There and back through a printer's profile: near, not equal.
  for (const [i, value] of [200, 40, 60].entries()) expect(Math.abs(data[i]! - value)).toBeLessThan(30);
});

it.each(['gif', 'webp'] as const)('takes the first frame of an animated %s', async (format) => {
  const frames = Uint8Array.from({ length: 3 * 4 * 6 * 3 }, (_, i) => 80 * Math.floor(i / (4 * 6 * 3)));
  const animated = sharp(frames, { raw: { width: 6, height: 12, channels: 3, pageHeight: 4 } });
  await (format === 'gif' ? animated.gif() : animated.webp({ lossless: true })).toFile(file(`frames.${format}`));
  expect((await sharp(file(`frames.${format}`)).metadata()).pages).toBe(3);
  const photo = await decodePhoto(file(`frames.${format}`));
  expect(photo).toMatchObject({ height: 4, width: 6 });
  expect(new Set(photo.data)).toEqual(new Set([0]));
});

it('takes palettes, single bits and single pixels', async () => {
  const bits = raw(
    Uint8Array.from({ length: 64 }, (_, i) => (i % 2) * 255),
    8,
    8,
    1,
  );
  await bits.clone().png({ palette: true, colours: 2 }).toFile(file('palette.png'));
  await bits.clone().toColourspace('b-w').tiff({ bitdepth: 1 }).toFile(file('bits.tif'));
  for (const name of ['palette.png', 'bits.tif']) {
    expect([...(await decodePhoto(file(name))).data.subarray(0, 6)]).toEqual([0, 0, 0, 255, 255, 255]);
  }
  expect(await decodePhoto(await writePhoto(file('pixel.png'), 1, 1))).toMatchObject({ height: 1, width: 1 });
});

it('refuses what is larger than the limit by its header, and what is no photo', async () => {
  await writePhoto(file('large.png'), 100, 300);
  await expect(decodePhoto(file('large.png'), 0.02)).rejects.toThrow(
    '300x100, 0.03 megapixels: more than data.maxMegapixels, 0.02',
  );
  expect(await decodePhoto(file('large.png'), 0.03)).toMatchObject({ width: 300 });
  // Its pixels are missing: only the header can have been read.
  await writeFile(file('header.png'), (await readFile(file('large.png'))).subarray(0, 100));
  await expect(decodePhoto(file('header.png'), 0.02)).rejects.toThrow('more than data.maxMegapixels');
  await writeFile(
    file('drawing.png'),
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
  );
  await expect(decodePhoto(file('drawing.png'))).rejects.toThrow('svg is no format of photos');
});

it('decodes large photos one after the other, whatever comes between', async () => {
  const { data } = await sharp({ create: { width: 4100, height: 4000, channels: 3, background: 'red' } })
    .png({ compressionLevel: 1 })
    .toBuffer({ resolveWithObject: true });
  await writeFile(file('a.png'), data);
  await writeFile(file('b.png'), data.subarray(0, 300));
  const decode = createPhotoDecoder(20);
  const results = await Promise.allSettled(['b.png', 'a.png', 'rgb.png'].map((name) => decode(file(name))));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
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
