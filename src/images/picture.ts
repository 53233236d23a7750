/** @file Images in, images out: a picture on the host, as every part of the restorer sees it. */

/** RGB pixels of shape [height, width, 3], row by row, values in [-1, 1]. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** Colour channels of a {@link Picture}. */
export const CHANNELS = 3;

/** A part of a picture, in pixels. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Copies a part of a picture.
 * @param box Must lie inside the picture (else `RangeError`).
 * @returns Shape [box.height, box.width, 3].
 */
export function crop(picture: Picture, box: Box): Picture {
  const { top, left, height, width } = box;
  if (top < 0 || left < 0 || top + height > picture.height || left + width > picture.width) {
    throw new RangeError(`box ${JSON.stringify(box)} is not inside ${picture.height}x${picture.width}`);
  }
  const data = new Float32Array(height * width * CHANNELS);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * picture.width + left) * CHANNELS;
    data.set(picture.data.subarray(from, from + width * CHANNELS), row * width * CHANNELS);
  }
  return { height, width, data };
}
