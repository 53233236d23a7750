/** @file Image files to 8-bit RGB. */
import sharp from 'sharp';
import { CHANNELS, type Rgb8 } from './pixels.js';

/**
 * Decodes a photo: orientation tag applied, colour profile converted to sRGB, grey expanded, alpha dropped, 16-bit
 * samples reduced to 8.
 * @throws Error if the file cannot be read or is damaged
 */
export async function decodePhoto(file: string): Promise<Rgb8> {
  const { data, info } = await sharp(file, { failOn: 'error' })
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== CHANNELS) throw new Error(`decoded to ${info.channels} channels instead of ${CHANNELS}`);
  return { height: info.height, width: info.width, data };
}
