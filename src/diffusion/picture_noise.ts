/** @file Images in, images out: the noise of a picture, a function of its content and of the place, never carried over. */
import { createHash } from 'node:crypto';
import type { HostArray } from '../engine/host_array.js';
import type { Picture } from '../images/picture.js';
import { CountedRandom } from '../random/counted.js';

/** Standard normal noise of a shape; equal names and steps give equal noise. */
export type NoiseSource = (
  purpose: 'prior' | 'generator' | 'step',
  shape: readonly number[],
  step?: number,
) => HostArray;

/** SHA-256 of a picture's size and pixels, in hexadecimal. */
export function contentHash({ height, width, data }: Picture): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return createHash('sha256').update(`${height}x${width}`).update(bytes).digest('hex');
}

/** Side of the squares of latent positions whose noise is drawn in one go. */
const CELL = 64;
/** More cells than any picture has on a side; row and column of a cell make one number. */
const CELLS_A_SIDE = 65536;

/**
 * Noise of a picture as a field that reaches as far as it is looked at: what a position gets depends on the seed, the
 * picture's content and the position only - not on the file's name, on what was restored before, or on how the picture
 * is cut into tiles, so that tiles that overlap start from the same noise.
 * @param seed Integer in [0, 2^32).
 * @param content {@link contentHash} of the whole picture.
 * @param top Row of the latent that the part begins at.
 * @param left Column.
 * @returns Noise of the part, for shapes [1, h, w, C].
 */
export function pictureNoise(seed: number, content: string, top = 0, left = 0): NoiseSource {
  return (purpose, shape, step = 0) => {
    const [, height, width, channels] = shape as [number, number, number, number];
    const data = new Float32Array(height * width * channels);
    const cell = new Float32Array(CELL * CELL * channels);
    for (let row = Math.floor(top / CELL); row * CELL < top + height; row++) {
      for (let column = Math.floor(left / CELL); column * CELL < left + width; column++) {
        const sample = row * CELLS_A_SIDE + column;
        new CountedRandom({ seed, purpose: `restore ${purpose} ${content}`, iteration: step, sample }).fillNormal(cell);
        const [first, last] = [Math.max(column * CELL, left), Math.min((column + 1) * CELL, left + width)];
        for (let y = Math.max(row * CELL, top); y < Math.min((row + 1) * CELL, top + height); y++) {
          const from = (y - row * CELL) * CELL - column * CELL;
          const values = cell.subarray((from + first) * channels, (from + last) * channels);
          data.set(values, ((y - top) * width + first - left) * channels);
        }
      }
    }
    return { shape, data };
  };
}
