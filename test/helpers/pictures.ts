/** @file Pictures for tests: from golden tensors and made up. */
import type { Picture } from '../../src/images/picture.js';
import { encodeImage, writeImageFile } from '../../src/restore/encode_image.js';
import { RawImageWriter } from '../../src/restore/raw_image.js';

/** Stored images [B, 3, H, W] as pictures [H, W, 3]. */
export function picturesOf(stored: {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}): Picture[] {
  const [batch, channels, height, width] = stored.shape as [number, number, number, number];
  const plane = height * width;
  return Array.from({ length: batch }, (_, b) => {
    const data = new Float32Array(plane * channels);
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < plane; i++) data[i * channels + c] = Number(stored.data[(b * channels + c) * plane + i]);
    }
    return { height, width, data };
  });
}

/** A smooth picture with some detail; different for each `variant`. */
export function syntheticPicture(height: number, width: number, variant = 0): Picture {
  const data = new Float32Array(height * width * 3);
  for (let i = 0; i < data.length; i++) {
    const row = Math.floor(i / (width * 3));
    const column = Math.floor(i / 3) % width;
    data[i] = 0.9 * Math.sin(0.31 * row + 0.17 * column * (1 + (i % 3)) + variant);
  }
  return { height, width, data };
}

/** Largest absolute difference of two pictures of one size. */
export function largestDifference(a: Picture, b: Picture): number {
  if (a.height !== b.height || a.width !== b.width) throw new Error('pictures of different sizes');
  return a.data.reduce((max, v, i) => Math.max(max, Math.abs(v - b.data[i]!)), 0);
}

/** Writes a picture as an 8-bit RGB PNG file. */
export async function writePng(file: string, picture: Picture): Promise<void> {
  const { height, width } = picture;
  const writer = new RawImageWriter({ height, width, grey: false, alpha: false, deep: false });
  writer.writeBand(picture, 0);
  await writeImageFile(file, await encodeImage(writer.image, { format: 'png' }));
}
