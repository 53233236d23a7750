/** @file Photos to measure with: JPEG files of ImageNet's usual size, made from the shipped ones. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { listPhotos } from '../src/data/photo_source.js';
import { CountedRandom } from '../src/random/counted.js';

const SHIPPED = fileURLToPath(new URL('../photos/train', import.meta.url));

/** The most frequent size in ImageNet. */
const WIDTH = 500;
const HEIGHT = 375;
const QUALITY = 95;

/** Writes `count` different photos into a folder: parts of the shipped ones, mirrored or not. */
export async function writePhotos(folder: string, count: number): Promise<void> {
  const shipped = await listPhotos(SHIPPED, 'photos/train');
  for (let i = 0; i < count; i++) {
    const random = new CountedRandom({ seed: 1, purpose: 'benchmark photo', sample: i });
    const photo = sharp(shipped[i % shipped.length]).resize(Math.round(WIDTH * random.uniform(1, 1.5)), HEIGHT * 2, {
      fit: 'outside',
    });
    const { data, info } = await photo.raw().toBuffer({ resolveWithObject: true });
    const left = random.integer(info.width - WIDTH + 1);
    const top = random.integer(info.height - HEIGHT + 1);
    const part = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
    await part
      .extract({ left, top, width: WIDTH, height: HEIGHT })
      .flop(random.uniform() < 0.5)
      .jpeg({ quality: QUALITY })
      .toFile(join(folder, `${String(i).padStart(4, '0')}.jpg`));
  }
}
