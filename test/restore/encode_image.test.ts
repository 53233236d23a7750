import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/restore/decode_image.js';
import { encodeImage, writeImageFile } from '../../src/restore/encode_image.js';
import type { FileFormat } from '../../src/restore/file_formats.js';
import type { RawImage } from '../../src/restore/raw_image.js';

const LOSSLESS: readonly FileFormat[] = ['png', 'tiff'];
const FORMATS: readonly FileFormat[] = [...LOSSLESS, 'jpeg', 'webp', 'avif'];

function synthetic(channels: RawImage['channels'], deep: boolean, [width, height] = [24, 18]): RawImage {
  const length = width * height * channels;
  const data = deep
    ? Uint16Array.from({ length }, (_, i) => (i * 7919) % 65536)
    : Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
  return { width, height, channels, data };
}

const SPACES = { 1: ['b-w', 'grey16'], 2: ['b-w', 'grey16'], 3: ['srgb', 'rgb16'], 4: ['srgb', 'rgb16'] } as const;
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>';

/** A PNG file with metadata of all kinds, its camera held sideways. */
async function tagged({ width, height, channels, data }: RawImage): Promise<Buffer> {
  const image = sharp(data, { raw: { width, height, channels } }).toColourspace(
    SPACES[channels][data instanceof Uint16Array ? 1 : 0],
  );
  if (channels > 2) image.withIccProfile('p3');
  return image
    .withMetadata({ orientation: 6, density: 300 })
    .withExifMerge({ IFD0: { Make: 'Acme' } })
    .withXmp(XMP)
    .png()
    .toBuffer();
}

async function metadataOf(image: RawImage) {
  const options = { toSrgb: false, orient: true, alpha: true, metadata: true };
  return (await decodeImage(await tagged(image), options)).metadata;
}

async function decoded(content: Buffer, channels: number, deep: boolean): Promise<number[]> {
  const { data, info } = await sharp(content, { ignoreIcc: true })
    .toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  const kept = (i: number): boolean => {
    const c = i % info.channels;
    return channels > 2 || c === 0 || c === 3;
  };
  return [...samples].filter((_, i) => kept(i));
}

describe('encodeImage', () => {
  it.each([1, 2, 3, 4] as const)('writes %i channels without loss, with and without metadata', async (channels) => {
    for (const deep of [false, true]) {
      const image = synthetic(channels, deep);
      for (const metadata of [undefined, await metadataOf(synthetic(channels, deep, [5, 3]))]) {
        for (const format of LOSSLESS) {
          const content = await encodeImage(image, { format, metadata });
          expect(await decoded(content, channels, deep)).toEqual([...image.data]);
          const found = await sharp(content).metadata();
          expect([found.channels, found.depth]).toEqual([channels, deep ? 'ushort' : 'uchar']);
        }
      }
    }
  });

  it.each(FORMATS)('carries EXIF, XMP and profile over to %s, but no orientation', async (format) => {
    const metadata = await metadataOf(synthetic(3, false, [5, 3]));
    const content = await encodeImage(synthetic(3, false), { format, metadata });
    const found = await sharp(content).metadata();
    expect([found.width, found.height]).toEqual([24, 18]);
    expect([undefined, 1]).toContain(found.orientation);
    expect(found.icc).toEqual((await sharp(await tagged(synthetic(3, false))).metadata()).icc);
    expect(found.xmp?.toString()).toContain('adobe:ns:meta');
    // TIFF: the library cannot write EXIF there.
    if (format === 'tiff') expect(found.exif).toBeUndefined();
    else expect(found.exif?.toString('latin1')).toContain('Acme');
  });

  it('carries metadata of 16-bit files over to 8 bits', async () => {
    const metadata = await metadataOf(synthetic(3, true, [5, 3]));
    const found = await sharp(await encodeImage(synthetic(3, false), { format: 'jpeg', metadata })).metadata();
    expect([found.depth, found.icc?.length, found.exif?.toString('latin1').includes('Acme')]).toEqual([
      'uchar',
      480,
      true,
    ]);
  });

  it('writes no metadata of its own accord', async () => {
    for (const format of FORMATS) {
      const found = await sharp(await encodeImage(synthetic(3, false), { format })).metadata();
      expect([found.exif, found.icc, found.xmp]).toEqual([undefined, undefined, undefined]);
    }
  });

  it('heeds quality and colour resolution', async () => {
    const image = synthetic(3, false, [64, 64]);
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const [low, high] = [
        await encodeImage(image, { format, quality: 20 }),
        await encodeImage(image, { format, quality: 90 }),
      ];
      expect(low.length).toBeLessThan(0.7 * high.length);
    }
    const chroma = async (subsampled: boolean) =>
      (await sharp(await encodeImage(image, { format: 'jpeg', subsampled })).metadata()).chromaSubsampling;
    expect([await chroma(true), await chroma(false)]).toEqual(['4:2:0', '4:4:4']);
  });

  it('says what a format cannot hold', async () => {
    const long = synthetic(1, false, [70000, 1]);
    await expect(encodeImage(long, { format: 'jpeg' })).rejects.toThrow('cannot be encoded as JPEG; found');
  });
});

describe('writeImageFile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rsd-encode-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('makes folders and leaves no other file', async () => {
    const file = path.join(folder, 'a', 'b', 'c.png');
    await writeImageFile(file, Buffer.from('content'));
    expect(await readFile(file, 'utf8')).toBe('content');
    expect(await readdir(path.dirname(file))).toEqual(['c.png']);
  });

  it('says which file cannot be written', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const inside = path.join(folder, 'file', 'inside.png');
    await expect(writeImageFile(inside, Buffer.alloc(1))).rejects.toThrow(/inside\.png: cannot be written; found/);
  });
});
