/** @file Photo folders full of damage: a training goes on and lists every photo it could not read; memory stays bounded. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createPhotoDecoder, decodePhoto } from '../../src/data/decode.js';
import { CountedRandom } from '../../src/random/counted.js';
import { readStats } from '../../src/training/stats_log.js';
import { mutated } from '../helpers/mutations.js';
import { photoPixels, temporaryFolder } from '../helpers/photos.js';
import { smallRun, startTraining } from '../helpers/small_run.js';

const folder = await temporaryFolder();
const seed = Number(process.env['RSD_FUZZ_SEED'] ?? 4);

describe('1,000 mutated photos', () => {
  const MUTATED = 1000;
  const BATCH = 50;

  /** Small photos in every format, also grey, 16 bits, CMYK, animated. */
  async function originals(): Promise<{ name: string; content: Buffer }[]> {
    const photo = () => sharp(photoPixels(72, 80), { raw: { width: 80, height: 72, channels: 3 } });
    const frames = sharp(photoPixels(144, 80), { raw: { width: 80, height: 144, channels: 3, pageHeight: 72 } });
    return Promise.all(
      Object.entries({
        'rgb.png': photo().png(),
        'rgb.jpg': photo().jpeg(),
        'progressive.jpg': photo().jpeg({ progressive: true }),
        'cmyk.jpg': photo().toColourspace('cmyk').jpeg(),
        'rgb.webp': photo().webp(),
        'animated.webp': frames.webp(),
        'rgb.tif': photo().tiff(),
        'rgb.avif': photo().avif({ effort: 0 }),
        'grey.png': photo().toColourspace('b-w').png(),
        'deep.png': photo().toColourspace('rgb16').png(),
      }).map(async ([name, image]) => ({ name, content: await image.toBuffer() })),
    );
  }

  it('are trained on as far as they can be read, and listed where not', async () => {
    const run = await smallRun(folder, 'resshift', { iterations: MUTATED / BATCH, batch: BATCH, microBatch: BATCH });
    const photos = join(folder, 'mutated');
    await mkdir(photos);
    const files = await originals();
    for (let i = 0; i < MUTATED; i++) {
      const { name, content } = files[i % files.length]!;
      const random = new CountedRandom({ seed, purpose: 'photo mutation', sample: i });
      await writeFile(join(photos, `${String(i).padStart(4, '0')}_${name}`), mutated(content, random));
    }
    const out = join(folder, 'run');
    const sets = [`data.train=${photos}`, 'data.maxFailedShare=0.9', 'data.workers=2', 'train.validateEvery=0'];
    const args = ['--config', run, '--out', out, ...sets.flatMap((set) => ['--set', set])];
    const { code, output } = await startTraining(...args).ended;
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(await readStats(join(out, 'stats.jsonl'))).toHaveLength(MUTATED / BATCH);

    const listed = (await readFile(join(out, 'unreadable_photos.txt'), 'utf8')).trimEnd().split('\n');
    const unreadable: string[] = [];
    for (let i = 0; i < MUTATED; i++) {
      const file = join(photos, `${String(i).padStart(4, '0')}_${files[i % files.length]!.name}`);
      await decodePhoto(file, 100).catch(() => unreadable.push(file));
    }
    console.log(`${unreadable.length} of ${MUTATED} unreadable`);
    expect(unreadable.length).toBeGreaterThan(100);
    // One pass over all photos: each has been asked for.
    expect(listed.map((line) => line.slice(0, line.indexOf(': '))).sort()).toEqual(unreadable.sort());
    expect(output).toContain(`${unreadable.length} of ${MUTATED} photos could not be read`);
  });
});

describe('photos of 100 and 200 megapixels', () => {
  const MIB = 2 ** 20;
  const huge = join(folder, 'huge.jpg');
  const larger = join(folder, 'larger.png');

  it('are decoded one after the other, or refused before anything is decoded', async () => {
    const create = (width: number, height: number) =>
      sharp({ create: { width, height, channels: 3, background: '#804020' }, limitInputPixels: false });
    await create(10_000, 9_900).jpeg().toFile(huge);
    await create(20_000, 10_000).png({ compressionLevel: 1 }).toFile(larger);
    const decode = createPhotoDecoder(100);
    const before = process.memoryUsage.rss();
    await expect(decode(larger)).rejects.toThrow('20000x10000, 200 megapixels: more than data.maxMegapixels, 100');
    expect((process.memoryUsage.rss() - before) / MIB).toBeLessThan(100);

    const bytes = 9_900 * 10_000 * 3;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss() - before)), 20);
    const sizes = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const { height, width, data } = await decode(huge);
        expect(
          [...data.subarray(data.length - 3)].map((v, i) => Math.abs(v - [0x80, 0x40, 0x20][i]!) < 4),
        ).not.toContain(false);
        return [height, width];
      }),
    );
    clearInterval(watch);
    expect(sizes).toEqual(Array(6).fill([9_900, 10_000]));
    console.log(`at most ${(most / bytes).toFixed(1)} times the pixels of one photo resident`);
    // Six at once would be more than six times.
    expect(most).toBeLessThan(4 * bytes);
    expect(await createPhotoDecoder(250)(larger)).toMatchObject({ height: 10_000, width: 20_000 });
  });
});
