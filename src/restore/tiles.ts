/** @file Images in, images out: where overlapping tiles lie (inference of ResShift, SinSR and RSD). */
import type { Box } from '../images/picture.js';

/**
 * Where the tiles of one side start: 0, stride, 2 stride, ...; a tile that would reach over the end is moved back to it.
 * @param length Side of the image in pixels, > 0.
 * @param size Side of a tile; a side not longer than it has one tile.
 * @param stride Distance of neighbouring tiles, in [1, size].
 * @returns Ascending, without duplicates.
 */
export function tileStarts(length: number, size: number, stride: number): number[] {
  if (length <= size) return [0];
  const starts: number[] = [];
  for (let start = 0; start < length; start += stride) {
    const moved = Math.min(start, length - size);
    if (starts.at(-1) !== moved) starts.push(moved);
  }
  return starts;
}

/**
 * The tiles of an image, row by row.
 * @param size Side of a tile in pixels; tiles are smaller only where the image is.
 * @param overlap Pixels that neighbouring tiles share at least, in [0, size).
 */
export function tileBoxes(height: number, width: number, size: number, overlap: number): Box[] {
  if (!Number.isInteger(size) || !Number.isInteger(overlap) || overlap < 0 || overlap >= size) {
    throw new RangeError(`overlap ${overlap} must be a whole number in [0, ${size})`);
  }
  const lefts = tileStarts(width, size, size - overlap);
  return tileStarts(height, size, size - overlap).flatMap((top) =>
    lefts.map((left) => ({ top, left, height: Math.min(size, height), width: Math.min(size, width) })),
  );
}

/** `box` after upscaling the image `scale` times. */
export function scaleBox(box: Box, scale: number): Box {
  return { top: box.top * scale, left: box.left * scale, height: box.height * scale, width: box.width * scale };
}
