import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Picture } from '../../src/images/picture.js';
import { loadModel } from '../../src/restore/load_model.js';
import { RawImageWriter, type RawImage } from '../../src/restore/raw_image.js';
import { restore } from '../../src/restore/restore.js';
import { restoreImage, type ImageOptions } from '../../src/restore/restore_image.js';
import { createRestorer, type Restorer } from '../../src/restore/restorer.js';
import { formulaStudent } from '../helpers/micro_models.js';
import { syntheticPicture } from '../helpers/pictures.js';

const SHIPPED = 'models/tiny-student.safetensors';

let restorer: Restorer;
beforeAll(async () => {
  restorer = await createRestorer({ model: formulaStudent(), engine: { kind: 'eager' } });
});
afterAll(() => restorer.dispose());

function raw(picture: Picture, shape: { grey?: boolean; deep?: boolean }, alpha?: Float32Array): RawImage {
  const { height, width } = picture;
  const writer = new RawImageWriter({ height, width, grey: false, deep: false, ...shape, alpha: alpha !== undefined });
  writer.writeBand(picture, 0);
  if (alpha) writer.writeAlpha(alpha, 0);
  return writer.image;
}

const result = async (image: RawImage, options: ImageOptions = {}): Promise<RawImage> =>
  (await restoreImage(restorer, image, options)).image;
const channelOf = ({ channels, data }: RawImage, c: number): number[] => [...data].filter((_, i) => i % channels === c);

describe('restoreImage', () => {
  const picture = syntheticPicture(6, 9);

  it.each([
    ['8-bit RGB', {}, 3, Uint8Array],
    ['16-bit RGB', { deep: true }, 3, Uint16Array],
    ['8-bit grey', { grey: true }, 1, Uint8Array],
    ['16-bit grey', { grey: true, deep: true }, 1, Uint16Array],
  ] as const)('gives %s back as such', async (_, shape, channels, type) => {
    const found = await result(raw(picture, shape));
    expect([found.height, found.width, found.channels]).toEqual([24, 36, channels]);
    expect(found.data).toBeInstanceOf(type);
    expect(found.data).toHaveLength(24 * 36 * channels);
  });

  it('rounds 16 bits and 8 bits from the same result', async () => {
    const levels = raw(picture, {});
    const deep: RawImage = { ...levels, data: Uint16Array.from(levels.data, (v) => v * 257) };
    const [shallow, fine] = [await result(levels), await result(deep)];
    const worst = Math.max(...[...fine.data].map((v, i) => Math.abs(v / 257 - shallow.data[i]!)));
    expect(worst).toBeLessThanOrEqual(0.51);
    expect([...fine.data].some((v) => v % 257 !== 0)).toBe(true);
  });

  it('enlarges alpha beside the colours: opaque and clear areas stay so, colours do not change', async () => {
    const alpha = Float32Array.from({ length: 54 }, (_, i) => (i % 9 < 4 ? 0 : 1));
    const found = await result(raw(picture, {}, alpha));
    expect(found.channels).toBe(4);
    const plain = await result(raw(picture, {}));
    for (let c = 0; c < 3; c++) expect(channelOf(found, c)).toEqual(channelOf(plain, c));
    const row = channelOf(found, 3).slice(0, 36);
    expect(row.slice(0, 10).every((v) => v === 0)).toBe(true);
    expect(row.slice(22).every((v) => v === 255)).toBe(true);
    expect(await result(raw(picture, {}, alpha), { alpha: 'drop' })).toEqual(plain);
  });

  it('takes alpha through the network if asked, and opaque alpha never', async () => {
    const alpha = Float32Array.from({ length: 54 }, (_, i) => (i % 9 < 4 ? 0 : 1));
    const [bicubic, network] = [
      await result(raw(picture, {}, alpha)),
      await result(raw(picture, {}, alpha), { alpha: 'network' }),
    ];
    expect(channelOf(network, 3)).not.toEqual(channelOf(bicubic, 3));
    expect(channelOf(network, 0)).toEqual(channelOf(bicubic, 0));
    const opaque = await result(raw(picture, {}, new Float32Array(54).fill(1)), { alpha: 'network' });
    expect(channelOf(opaque, 3).every((v) => v === 255)).toBe(true);
  });

  it.each(['adain', 'wavelet'] as const)('brings colours nearer to the input: %s', async (colorFix) => {
    const input = raw(picture, {});
    const mean = ({ data }: RawImage): number => [...data].reduce((sum, v) => sum + v, 0) / data.length;
    const [plain, fixed] = [await result(input), await result(input, { colorFix })];
    // Not equal: what leaves [0, 255] is cut off.
    expect(Math.abs(mean(fixed) - mean(input))).toBeLessThan(0.5 * Math.abs(mean(plain) - mean(input)));
  });
});

describe('cases that are easily forgotten', () => {
  it.each([
    ['one pixel', 1, 1],
    ['one pixel wide', 40, 1],
    ['a strip', 3, 300],
  ])('%s', async (_, height, width) => {
    const found = await result(raw(syntheticPicture(height, width), {}));
    expect([found.height, found.width]).toEqual([height * 4, width * 4]);
    expect(new Set(found.data).size).toBeGreaterThan(4);
  });
});

describe('restore', () => {
  const content = (): Promise<Buffer> =>
    sharp(raw(syntheticPicture(6, 9), {}).data, { raw: { width: 9, height: 6, channels: 3 } })
      .withExif({ IFD0: { Make: 'Acme' } })
      .png()
      .toBuffer();

  it('gives raw pixels, or a file of the format asked for with the metadata', async () => {
    const pixels = await restore(await content(), { restorer });
    expect([pixels.width, pixels.height, pixels.channels]).toEqual([36, 24, 3]);
    const file = await restore(await content(), { restorer, format: 'tiff', strip: true });
    expect([...(await sharp(file).raw().toBuffer())]).toEqual([...pixels.data]);
    const jpeg = await sharp(await restore(await content(), { restorer, format: 'jpeg', quality: 80 })).metadata();
    expect([jpeg.format, jpeg.exif?.toString('latin1').includes('Acme')]).toEqual(['jpeg', true]);
  });

  it('loads a model for one call', async () => {
    const ramp: RawImage = { width: 8, height: 8, channels: 1, data: Uint8Array.from({ length: 64 }, (_, i) => 4 * i) };
    const once = await restore(ramp, { weights: SHIPPED, engine: { kind: 'eager' } });
    const kept = await createRestorer({ model: await loadModel({ weights: SHIPPED }), engine: { kind: 'eager' } });
    expect(once).toEqual(await restore(ramp, { restorer: kept }));
    kept.dispose();
  });

  it('refuses before it works', async () => {
    const image = await content();
    await expect(restore(image, { restorer, format: 'png', quality: 90 })).rejects.toThrow(
      'PNG is written without loss',
    );
    const strip: RawImage = { width: 5000, height: 1, channels: 1, data: new Uint8Array(5000) };
    await expect(restore(strip, { restorer, format: 'webp' })).rejects.toThrow(
      'WebP holds no image of that size; expected sides of at most 16383 pixels; found 20000 x 4 after restoring',
    );
  });
});
