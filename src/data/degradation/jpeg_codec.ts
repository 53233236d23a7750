/** @file The JPEG stage by a real encoder: on the host, 8 bit, qualities rounded to whole numbers. */
import type { HostArray } from '../../engine/host_array.js';
import { CHANNELS, fromRgb8, toRgb8 } from '../../images/pixels.js';
import { jpegRoundTrip } from '../jpeg.js';
import { putSample, sampleOf } from './host_planes.js';

/**
 * Encodes and decodes every sample.
 * @param planes [H, W, B * 3] with images of `side` in their corner
 * @param qualities one for each sample, in [1, 100]
 * @returns planes of the same shape, zero outside the images
 */
export async function jpegByCodec(planes: HostArray, side: number, qualities: readonly number[]): Promise<HostArray> {
  const coded = { shape: planes.shape, data: new Float32Array(planes.data.length) };
  if (planes.shape[2] !== qualities.length * CHANNELS) throw new Error('one quality for each sample is needed');
  await Promise.all(
    qualities.map(async (quality, sample) => {
      const image = toRgb8(sampleOf(planes, sample, side));
      putSample(coded, sample, fromRgb8(await jpegRoundTrip(image, Math.round(quality))));
    }),
  );
  return coded;
}
