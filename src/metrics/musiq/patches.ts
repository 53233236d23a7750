/** @file The patches of an image at three sizes that MUSIQ looks at, each with its place and size. */
import { CHANNELS, type Pixels } from '../../images/pixels.js';
import { resize } from '../../images/resize.js';

/** Side of a patch. */
export const PATCH = 32;
/** Rows and columns of the grid that places are told by. */
export const GRID = 10;
/** Longer sides the image is resized to; its own size follows. */
const LONGER_SIDES = [224, 384];

export interface Patches {
  readonly count: number;
  /** [count,32,32,3] in [-1,1] (resizing may overshoot); zero beyond the image. */
  readonly values: Float32Array;
  /** Row * 10 + column of the patch's place on the grid. */
  readonly places: Int32Array;
  /** 0, 1: resized; 2: own size. */
  readonly sizes: Int32Array;
}

/** The image at the network's sizes, aspect kept, in [-1,1]. */
function pyramid(image: Pixels): Pixels[] {
  const signed = { ...image, data: image.data.map((value) => 2 * value - 1) };
  const longer = Math.max(image.height, image.width);
  const resized = LONGER_SIDES.map((side) => {
    const to = (length: number): number => Math.round((length * side) / longer);
    return resize(signed, 'bicubic', to(image.height), to(image.width));
  });
  return [...resized, signed];
}

/** Copies the part of the image that a patch covers; the image lies in the middle of its whole patches. */
function copyPatch({ height, width, data }: Pixels, row: number, column: number, to: Float32Array): void {
  const margin = (length: number): number => Math.floor((Math.ceil(length / PATCH) * PATCH - length) / 2);
  const [top, left] = [row * PATCH - margin(height), column * PATCH - margin(width)];
  const [from, end] = [Math.max(left, 0), Math.min(left + PATCH, width)];
  for (let y = Math.max(top, 0); y < Math.min(top + PATCH, height); y++) {
    const line = data.subarray((y * width + from) * CHANNELS, (y * width + end) * CHANNELS);
    to.set(line, ((y - top) * PATCH + from - left) * CHANNELS);
  }
}

/** All patches, small sizes first, row by row. */
export function cutPatches(image: Pixels): Patches {
  const levels = pyramid(image).map((level, size) => {
    return { level, size, rows: Math.ceil(level.height / PATCH), columns: Math.ceil(level.width / PATCH) };
  });
  const count = levels.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const length = PATCH * PATCH * CHANNELS;
  const values = new Float32Array(count * length);
  const [places, sizes] = [new Int32Array(count), new Int32Array(count)];
  let at = 0;
  for (const { level, size, rows, columns } of levels) {
    const onGrid = (index: number, of: number): number => Math.floor((index * GRID) / of);
    for (let i = 0; i < rows * columns; i++, at++) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      copyPatch(level, row, column, values.subarray(at * length, (at + 1) * length));
      places[at] = onGrid(row, rows) * GRID + onGrid(column, columns);
      sizes[at] = size;
    }
  }
  return { count, values, places, sizes };
}
