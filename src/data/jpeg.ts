/** @file A real JPEG encoder and decoder in memory. */
import sharp from 'sharp';
import { CHANNELS, type Rgb8 } from '../images/pixels.js';

/**
 * Encodes (baseline, 4:2:0) and decodes an image.
 * @param quality whole number in [1, 100]
 * @returns an image of the same size
 */
export async function jpegRoundTrip({ height, width, data }: Rgb8, quality: number): Promise<Rgb8> {
  const encoded = await sharp(data, { raw: { height, width, channels: CHANNELS } })
    .jpeg({ quality })
    .toBuffer();
  return { height, width, data: await sharp(encoded).raw().toBuffer() };
}
