/** @file Images in, images out: the noise of a tile, named by what it is for, never carried over. */
import { createHash } from 'node:crypto';
import type { HostArray } from '../engine/types.js';
import { CountedRandom } from '../random/counted.js';
import type { Picture } from './picture.js';

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

/**
 * Noise that depends on the seed, the picture and the tile only: not on the file's name, nor on what was restored before.
 * @param seed Integer in [0, 2^32).
 * @param content {@link contentHash} of the whole picture.
 */
export function tileNoise(seed: number, content: string, tile: number): NoiseSource {
  return (purpose, shape, step = 0) => {
    const random = new CountedRandom({ seed, purpose: `restore ${purpose} ${content}`, iteration: step, sample: tile });
    return { shape, data: random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))) };
  };
}
