/** @file Images on the host: decoded 8-bit ones and the float ones that crops and degradations work on. */

/** Colour channels of every image here: RGB. */
export const CHANNELS = 3;

/** A decoded photo: RGB, shape [height, width, 3], row by row. */
export interface Rgb8 {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** RGB of shape [height, width, 3], row by row; in [0, 1] unless said otherwise. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** [0, 1] to 8 bit: clamped, rounded. */
export function toRgb8({ height, width, data }: Pixels): Rgb8 {
  // Uint8ClampedArray clamps and rounds halves to even, as the reference does.
  const rounded = Uint8ClampedArray.from(data, (v) => v * 255);
  return { height, width, data: new Uint8Array(rounded.buffer) };
}

/** 8 bit to [0, 1]. */
export function fromRgb8({ height, width, data }: Rgb8): Pixels {
  return { height, width, data: Float32Array.from(data, (v) => v / 255) };
}

/** Limits values to [0, 1], in place; returns the image. */
export function clampToUnit(image: Pixels): Pixels {
  const { data } = image;
  for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i]!, 0), 1);
  return image;
}

/**
 * Copies an image into a batch, mapping [0, 1] to [-1, 1].
 * @param batch [B, height, width, 3]
 * @param index which of the B
 */
export function placeInBatch(image: Pixels, batch: Float32Array, index: number): void {
  const offset = index * image.data.length;
  for (let i = 0; i < image.data.length; i++) batch[offset + i] = image.data[i]! * 2 - 1;
}
