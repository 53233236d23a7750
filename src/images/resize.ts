/** @file Separable resampling of images: resize and blur. */
import { CHANNELS, type Pixels } from './pixels.js';
import { gaussianTaps, resizeTaps, type ResizeFilter, type Taps } from './taps.js';

function resampleRows({ width, data }: Pixels, taps: Taps): Pixels {
  const rowLength = width * CHANNELS;
  const out = new Float32Array(taps.size * rowLength);
  const sum = new Float64Array(rowLength);
  for (let y = 0; y < taps.size; y++) {
    sum.fill(0);
    for (let k = y * taps.width; k < (y + 1) * taps.width; k++) {
      const weight = taps.weights[k]!;
      const from = taps.indices[k]! * rowLength;
      for (let i = 0; i < rowLength; i++) sum[i]! += weight * data[from + i]!;
    }
    out.set(sum, y * rowLength);
  }
  return { height: taps.size, width, data: out };
}

function resampleColumns({ height, width, data }: Pixels, taps: Taps): Pixels {
  const out = new Float32Array(height * taps.size * CHANNELS);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < taps.size; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let k = x * taps.width; k < (x + 1) * taps.width; k++) {
        const weight = taps.weights[k]!;
        const from = (row + taps.indices[k]!) * CHANNELS;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
      }
      out[at++] = red;
      out[at++] = green;
      out[at++] = blue;
    }
  }
  return { height, width: taps.size, data: out };
}

/**
 * Resizes an image, rows first. Values are neither clamped nor rounded.
 * @param image [h, w, 3], any range
 * @returns [height, width, 3]
 */
export function resize(image: Pixels, filter: ResizeFilter, height: number, width: number): Pixels {
  const rows = resampleRows(image, resizeTaps(filter, image.height, height));
  return resampleColumns(rows, resizeTaps(filter, image.width, width));
}

/**
 * Resizes by a factor with output sides floor(side * factor) (`imresize`: ceil) and exactly 1 / factor input pixels to
 * an output pixel, which is not the ratio of the sides when they are rounded.
 */
export function resizeByFactor(image: Pixels, filter: ResizeFilter, factor: number): Pixels {
  const round = filter === 'imresize' ? Math.ceil : Math.floor;
  const taps = (side: number) => resizeTaps(filter, side, round(side * factor), 1 / factor);
  return resampleColumns(resampleRows(image, taps(image.height)), taps(image.width));
}

/**
 * Gaussian blur with reflected border.
 * @param image [h, w, 3], any range
 * @param sigma standard deviation in pixels
 */
export function gaussianBlur(image: Pixels, sigma: number): Pixels {
  const rows = resampleRows(image, gaussianTaps(image.height, sigma));
  return resampleColumns(rows, gaussianTaps(image.width, sigma));
}
