import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture, writePng } from '../../src/restore/image_io.js';

const HEIGHT = 4;
const WIDTH = 5;
const COLOURS = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => (i * 37) % 256);
const colour = () => sharp(COLOURS, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rsd-image-io-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);
const levels = (data: Float32Array, top = 255) => Array.from(data, (v) => Math.round((v * 0.5 + 0.5) * top));

describe('readPicture', () => {
  it('decodes lossless PNG and WebP to the stored values in [-1, 1]', async () => {
    await colour().png().toFile(at('colour.png'));
    await colour().webp({ lossless: true }).toFile(at('colour.webp'));
    for (const name of ['colour.png', 'colour.webp']) {
      const { picture, notes } = await readPicture(at(name));
      expect([picture.height, picture.width, notes]).toEqual([HEIGHT, WIDTH, []]);
      expect(levels(picture.data)).toEqual([...COLOURS]);
      expect(picture.data[0]).toBe(-1);
    }
  });

  it('decodes JPEG', async () => {
    await sharp({ create: { width: 16, height: 8, channels: 3, background: '#c86432' } })
      .jpeg({ quality: 100 })
      .toFile(at('flat.jpg'));
    const { picture } = await readPicture(at('flat.jpg'));
    const expected = [0xc8, 0x64, 0x32];
    levels(picture.data).forEach((v, i) => expect(Math.abs(v - expected[i % 3]!)).toBeLessThanOrEqual(2));
  });

  it('expands grey to three equal channels', async () => {
    const grey = Uint8Array.of(0, 90, 180, 255);
    await sharp(grey, { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(at('grey.png'));
    const { picture } = await readPicture(at('grey.png'));
    expect(levels(picture.data)).toEqual([...grey].flatMap((v) => [v, v, v]));
  });

  it('drops alpha and says so', async () => {
    await colour().ensureAlpha(0.25).png().toFile(at('alpha.png'));
    const { picture, notes } = await readPicture(at('alpha.png'));
    expect(notes).toEqual(['alpha dropped']);
    expect(levels(picture.data)).toEqual([...COLOURS]);
  });

  it('keeps 16-bit precision', async () => {
    const deep = Uint16Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => i * 1111 + 3);
    await sharp(deep, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toFile(at('deep.png'));
    const { picture } = await readPicture(at('deep.png'));
    expect(levels(picture.data, 65535)).toEqual([...deep]);
  });

  it('turns a picture upright', async () => {
    await colour().withMetadata({ orientation: 6 }).png().toFile(at('turned.png'));
    const { picture } = await readPicture(at('turned.png'));
    expect([picture.height, picture.width]).toEqual([WIDTH, HEIGHT]);
  });

  it('names a missing, a damaged and an unsupported file in one line', async () => {
    await colour().tiff().toFile(at('photo.png.tiff'));
    await writeFile(at('broken.png'), 'this is no image');
    await writeFile(at('cut.png'), (await colour().png().toBuffer()).subarray(0, 60));
    await expect(readPicture(at('none.png'))).rejects.toThrow(/none\.png: no such image file$/);
    await expect(readPicture(at('broken.png'))).rejects.toThrow(
      /broken\.png: cannot be decoded as an image; found .+$/,
    );
    await expect(readPicture(at('cut.png'))).rejects.toThrow(/cut\.png: cannot be decoded as an image; found .+$/);
    await expect(readPicture(at('photo.png.tiff'))).rejects.toThrow(
      /unsupported image format; expected PNG, JPEG or WebP; found tiff$/,
    );
  });
});

describe('writePng', () => {
  it('clamps, rounds and leaves no temporary file', async () => {
    const picture = { height: 1, width: 2, data: Float32Array.of(-3, -1, 0, 0.5, 1, 7) };
    await writePng(at('out/written.png'), picture);
    expect([...(await sharp(at('out/written.png')).raw().toBuffer())]).toEqual([0, 0, 128, 191, 255, 255]);
    expect(await readdir(at('out'))).toEqual(['written.png']);
  });

  it('gives back what was read', async () => {
    await colour().png().toFile(at('again.png'));
    await writePng(at('again.out.png'), (await readPicture(at('again.png'))).picture);
    expect([...(await sharp(at('again.out.png')).raw().toBuffer())]).toEqual([...COLOURS]);
  });

  it('says which file cannot be written', async () => {
    await writeFile(at('file'), '');
    const picture = { height: 1, width: 1, data: new Float32Array(3) };
    await expect(writePng(at('file/inside.png'), picture)).rejects.toThrow(/inside\.png: cannot be written; found/);
  });
});
