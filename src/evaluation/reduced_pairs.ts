/** @file Evaluation: pairs made from originals alone: LR images by bicubic reduction, and the originals cut to fit them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { bicubicDegradation } from '../data/degrade_bicubic.js';
import { UserError } from '../errors/user_error.js';
import { CHANNELS, fromRgb8, toRgb8, type Rgb8 } from '../images/pixels.js';
import { CountedRandom } from '../random/counted.js';
import { writeImageFile } from '../restore/encode_image.js';
import type { ImageSet } from './image_sets.js';

/** What is made of originals. */
export interface ReducedPairsOptions {
  /** Sides of originals / sides of LR images. */
  readonly scale: number;
  /** Longest side of what is cut from the middle of an original; undefined: all that is a multiple of `scale`. */
  readonly side?: number;
  /** Folder that gets `hr/` and `lr/`; what is there already is left as it is. */
  readonly folder: string;
}

async function middle(file: string, { scale, side = Infinity }: ReducedPairsOptions): Promise<Rgb8> {
  const { data: photo, info } = await sharp(file, { failOn: 'error' })
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .png({ compressionLevel: 0 })
    .toBuffer({ resolveWithObject: true });
  const kept = (length: number): number => Math.floor(Math.min(length, side) / scale) * scale;
  const [width, height] = [kept(info.width), kept(info.height)];
  if (width === 0 || height === 0) {
    throw new UserError('too small to be reduced', { file, found: `${info.width}x${info.height}` });
  }
  const [left, top] = [(info.width - width) >> 1, (info.height - height) >> 1];
  const data = await sharp(photo).extract({ left, top, width, height }).raw({ depth: 'uchar' }).toBuffer();
  return { height, width, data };
}

const png = ({ height, width, data }: Rgb8): Promise<Buffer> =>
  sharp(data, { raw: { height, width, channels: CHANNELS } })
    .png()
    .toBuffer();

/**
 * Cuts and reduces every original (antialiased bicubic, as in training) into PNG files.
 * @throws UserError if one is too small or cannot be read.
 */
export async function reducedPairs(
  originals: ImageSet,
  options: ReducedPairsOptions,
): Promise<{ originals: ImageSet; inputs: ImageSet }> {
  const reduce = bicubicDegradation(options.scale);
  const made = { originals: new Map<string, string>(), inputs: new Map<string, string>() };
  for (const [name, file] of originals) {
    const hrFile = path.join(options.folder, 'hr', `${name}.png`);
    const lrFile = path.join(options.folder, 'lr', `${name}.png`);
    if (!existsSync(hrFile) || !existsSync(lrFile)) {
      const hr = await middle(file, options);
      const lr = await reduce(fromRgb8(hr), new CountedRandom({ seed: 0, purpose: 'no draws' }));
      await writeImageFile(hrFile, await png(hr));
      await writeImageFile(lrFile, await png(toRgb8(lr)));
    }
    made.originals.set(name, hrFile);
    made.inputs.set(name, lrFile);
  }
  return made;
}
