import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage, imageHeader, type DecodeOptions } from '../../src/restore/decode_image.js';

const HEIGHT = 4;
const WIDTH = 5;
const COLOURS = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => (i * 37) % 256);
const colour = () => sharp(COLOURS, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
const DEFAULTS: DecodeOptions = { toSrgb: false, orient: true, alpha: true, metadata: true };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rsd-decode-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);
const decode = (input: string | Buffer, options: Partial<DecodeOptions> = {}) =>
  decodeImage(input, { ...DEFAULTS, ...options });
const levels = (data: Float32Array, top = 255) => Array.from(data, (v) => Math.round((v * 0.5 + 0.5) * top));

describe('decodeImage', () => {
  it('gives the stored values of lossless files in [-1, 1], from a file and from its content', async () => {
    const files = {
      png: colour().png(),
      webp: colour().webp({ lossless: true }),
      tiff: colour().tiff({ compression: 'deflate' }),
    };
    for (const [name, image] of Object.entries(files)) {
      const content = await image.toBuffer();
      await writeFile(at(name), content);
      for (const input of [content, at(name)]) {
        const { picture, notes, deep, grey, alpha } = await decode(input);
        expect([picture.height, picture.width, notes, deep, grey, alpha]).toEqual([
          HEIGHT,
          WIDTH,
          [],
          false,
          false,
          undefined,
        ]);
        expect(levels(picture.data)).toEqual([...COLOURS]);
        expect(picture.data[0]).toBe(-1);
      }
    }
  });

  it.each(['jpeg', 'avif'] as const)('decodes %s', async (format) => {
    const flat = sharp({ create: { width: 16, height: 8, channels: 3, background: '#c86432' } });
    const { picture } = await decode(await flat.toFormat(format, { quality: 100 }).toBuffer());
    const expected = [0xc8, 0x64, 0x32];
    levels(picture.data).forEach((v, i) => expect(Math.abs(v - expected[i % 3]!)).toBeLessThanOrEqual(2));
  });

  it('expands grey to three equal channels and remembers it, with alpha too', async () => {
    const grey = Uint8Array.of(0, 90, 180, 255);
    const image = sharp(grey, { raw: { width: 2, height: 2, channels: 1 } }).toColourspace('b-w');
    const plain = await decode(await image.clone().png().toBuffer());
    expect([levels(plain.picture.data), plain.grey]).toEqual([[...grey].flatMap((v) => [v, v, v]), true]);
    const both = sharp(Uint8Array.of(0, 51, 90, 102, 180, 0, 255, 255), { raw: { width: 2, height: 2, channels: 2 } });
    const transparent = await decode(await both.toColourspace('b-w').png().toBuffer());
    expect(levels(transparent.picture.data)).toEqual([...grey].flatMap((v) => [v, v, v]));
    expect([...transparent.alpha!].map((v) => Math.round(v * 255))).toEqual([51, 102, 0, 255]);
  });

  it('separates alpha, of a palette too, or drops it and says so', async () => {
    const rgba = Uint8Array.from({ length: 64 * 4 }, (_, i) => (i % 4 === 3 ? (i % 3 === 0 ? 255 : 0) : (i % 5) * 50));
    const image = sharp(rgba, { raw: { width: 8, height: 8, channels: 4 } });
    const opacity = [...rgba].filter((_, i) => i % 4 === 3).map((v) => v / 255);
    const full = await image.clone().png().toBuffer();
    expect([...(await decode(full)).alpha!]).toEqual(opacity);
    const palette = await image.clone().png({ palette: true }).toBuffer();
    expect((await sharp(palette).metadata()).isPalette).toBe(true);
    expect([...(await decode(palette)).alpha!]).toEqual(opacity);
    const dropped = await decode(full, { alpha: false });
    expect([dropped.alpha, dropped.notes]).toEqual([undefined, ['alpha dropped']]);
    expect(levels(dropped.picture.data)).toEqual([...rgba].filter((_, i) => i % 4 !== 3));
  });

  it('keeps 16-bit precision, in colour and in grey', async () => {
    const deep = Uint16Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => i * 1111 + 3);
    for (const [channels, space] of [
      [3, 'rgb16'],
      [1, 'grey16'],
    ] as const) {
      const samples = deep.slice(0, HEIGHT * WIDTH * channels);
      const image = sharp(samples, { raw: { width: WIDTH, height: HEIGHT, channels } }).toColourspace(space);
      const tiff = image.clone().tiff({ compression: 'deflate' });
      for (const content of [await image.clone().png().toBuffer(), await tiff.toBuffer()]) {
        const found = await decode(content);
        expect([found.deep, found.grey]).toEqual([true, channels === 1]);
        const expected = channels === 3 ? [...samples] : [...samples].flatMap((v) => [v, v, v]);
        expect(levels(found.picture.data, 65535)).toEqual(expected);
      }
    }
  });

  it('turns a picture upright unless told otherwise', async () => {
    const turned = await colour().withMetadata({ orientation: 6 }).png().toBuffer();
    const upright = await decode(turned);
    expect([upright.picture.height, upright.picture.width]).toEqual([WIDTH, HEIGHT]);
    expect(await imageHeader(turned, { orient: true })).toEqual({ width: HEIGHT, height: WIDTH });
    // The first row of an image that has to be turned clockwise is its first column read upwards.
    const first = levels(upright.picture.data.subarray(0, 3));
    expect(first).toEqual([...COLOURS.subarray((HEIGHT - 1) * WIDTH * 3, (HEIGHT - 1) * WIDTH * 3 + 3)]);
    const stored = await decode(turned, { orient: false });
    expect(levels(stored.picture.data)).toEqual([...COLOURS]);
  });

  it('keeps values with their profile, or converts them to sRGB', async () => {
    // Display P3 is wider than sRGB: the same colour has a smaller red there.
    const red = { create: { width: 2, height: 1, channels: 3, background: '#e01010' } } as const;
    for (const space of ['srgb', 'rgb16'] as const) {
      const wide = await sharp(red).toColourspace(space).withIccProfile('p3').png().toBuffer();
      const top = space === 'srgb' ? 255 : 65535;
      const stored = levels((await decode(wide)).picture.data, top)[0]! / top;
      const converted = levels((await decode(wide, { toSrgb: true })).picture.data, top)[0]! / top;
      expect(stored).toBeCloseTo(0xce / 255, 1);
      expect(converted).toBeCloseTo(0xe0 / 255, 2);
    }
  });

  it('converts CMYK to sRGB', async () => {
    const flat = sharp({ create: { width: 8, height: 8, channels: 3, background: '#c86432' } });
    const cmyk = await flat.toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const { picture, grey, deep } = await decode(cmyk);
    expect([grey, deep]).toEqual([false, false]);
    const expected = [0xc8, 0x64, 0x32];
    // A printing process's colours are not quite those of a screen.
    levels(picture.data).forEach((v, i) => expect(Math.abs(v - expected[i % 3]!)).toBeLessThanOrEqual(32));
  });

  it('takes the first of several frames', async () => {
    const frame = (level: number) =>
      sharp({ create: { width: 4, height: 4, channels: 3, background: { r: level, g: 0, b: 0 } } });
    const stills = await Promise.all([9, 200].map((level) => frame(level).png().toBuffer()));
    const frames = await sharp(stills, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const { picture, notes } = await decode(frames);
    expect([picture.height, notes]).toEqual([4, ['first of 2 frames']]);
    expect(levels(picture.data)[0]).toBe(9);
  });

  it('takes raw pixels, if they fit their size', async () => {
    const raw = { width: WIDTH, height: HEIGHT, channels: 3, data: COLOURS } as const;
    expect(levels((await decodeImage(raw, DEFAULTS)).picture.data)).toEqual([...COLOURS]);
    await expect(decodeImage({ ...raw, width: 6 }, DEFAULTS)).rejects.toThrow(
      'the raw image does not fit its size; expected width x height x channels (1 to 4) samples; found 60 samples for 6 x 4 x 3',
    );
  });

  it('names a missing, an empty, a damaged and an unsupported file in one line', async () => {
    const photo = sharp({ create: { width: 300, height: 300, channels: 3, background: '#c86432' } });
    const jpeg = await photo.jpeg().toBuffer();
    const floats = sharp(new Float32Array(12), { raw: { width: 2, height: 2, channels: 3 } });
    const refusals: [name: string, content: Buffer | undefined, message: RegExp][] = [
      ['none.png', undefined, /none\.png: no such image file$/],
      ['empty.png', Buffer.alloc(0), /empty\.png: the file is empty$/],
      ['text.png', Buffer.from('no image'), /text\.png: cannot be decoded as an image; found .+$/],
      ['cut.png', (await colour().png().toBuffer()).subarray(0, 60), /cut\.png: cannot be decoded .+ found .+$/],
      ['cut.jpg', jpeg.subarray(0, 800), /cut\.jpg: cannot be decoded as an image; found .*premature end.*$/],
      ['moving.gif', await colour().gif().toBuffer(), /expected PNG, JPEG, WebP, TIFF, AVIF; found gif$/],
      [
        'float.tif',
        await floats.toColourspace('scrgb').tiff({ compression: 'none' }).toBuffer(),
        /unsupported samples; expected 8 or 16 bits a sample; found float$/,
      ],
    ];
    for (const [name, content, message] of refusals) {
      if (content) await writeFile(at(name), content);
      const failure: unknown = await decode(at(name)).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'UserError' });
      expect((failure as Error).message).toMatch(message);
    }
  });
});
