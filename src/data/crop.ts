/** @file From a photo of any size to a square HR crop, or from a pair of photos to a pair of crops. */
import { CHANNELS, type Pixels, type Rgb8 } from '../images/pixels.js';
import { resize } from '../images/resize.js';
import { reflectedIndex, symmetricIndex } from '../images/taps.js';
import type { CountedRandom } from '../random/counted.js';

/** How HR crops are taken; keys of the section `data`. */
export interface CropOptions {
  readonly gtSize: number;
  readonly flip: boolean;
  readonly rescale: boolean;
}

/** Where a square lies in a photo; may reach over its right and lower edge. */
interface Square {
  readonly top: number;
  readonly left: number;
  readonly side: number;
  readonly mirrored: boolean;
}

/** Copies a square to [0, 1], continuing the photo to the right and downwards as far as needed (edge not repeated). */
function cut(photo: Rgb8, { top, left, side, mirrored }: Square, continued = reflectedIndex): Pixels {
  const columns = Int32Array.from({ length: side }, (_, x) => {
    const column = continued(left + x, photo.width);
    return (mirrored ? photo.width - 1 - column : column) * CHANNELS;
  });
  const data = new Float32Array(side * side * CHANNELS);
  let at = 0;
  for (let y = 0; y < side; y++) {
    const row = continued(top + y, photo.height) * photo.width * CHANNELS;
    for (let x = 0; x < side; x++) {
      const from = row + columns[x]!;
      for (let c = 0; c < CHANNELS; c++) data[at++] = photo.data[from + c]! / 255;
    }
  }
  return { height: side, width: side, data };
}

function shrinkTo(square: Pixels, size: number): Pixels {
  return square.height === size ? square : resize(square, 'box', size, size);
}

/** Side of the square that becomes the crop: the whole short side when rescaling, never less than the crop. */
function squareSide({ height, width }: Rgb8, { gtSize, rescale }: CropOptions): number {
  return rescale ? Math.max(Math.min(height, width), gtSize) : gtSize;
}

/**
 * Random training crop: mirrored with probability 1/2 (`flip`), padded by reflection to the right and downwards where
 * the photo is too small, placed uniformly; with `rescale` the square is the whole short side, shrunk by area.
 * @param random three draws, whatever the options
 * @returns [gtSize, gtSize, 3] in [0, 1]
 */
export function randomCrop(photo: Rgb8, options: CropOptions, random: CountedRandom): Pixels {
  const side = squareSide(photo, options);
  const mirrored = random.uniform() < 0.5 && options.flip;
  const top = random.integer(Math.max(photo.height, side) - side + 1);
  const left = random.integer(Math.max(photo.width, side) - side + 1);
  return shrinkTo(cut(photo, { top, left, side, mirrored }), options.gtSize);
}

/**
 * The crop in the middle, never mirrored; otherwise as {@link randomCrop}.
 * @returns [gtSize, gtSize, 3] in [0, 1]
 */
export function centreCrop(photo: Rgb8, options: CropOptions): Pixels {
  const side = squareSide(photo, options);
  const top = Math.max(photo.height - side, 0) >> 1;
  const left = Math.max(photo.width - side, 0) >> 1;
  return shrinkTo(cut(photo, { top, left, side, mirrored: false }), options.gtSize);
}

/** Crops of one scene: hr [gtSize, gtSize, 3] and lq [gtSize / scale, gtSize / scale, 3], both in [0, 1]. */
export interface CropPair {
  readonly hr: Pixels;
  readonly lq: Pixels;
}

/** How crops of pairs are taken; keys of the section `data`. */
export type PairCropOptions = Pick<CropOptions, 'gtSize' | 'flip'> & { readonly scale: number };

/**
 * The same random crop of both photos of a pair, at whole LQ pixels; mirrored together with probability 1/2 (`flip`).
 * Pairs that are too small are continued by reflection that repeats the edge: only then both stay aligned.
 * @param hr `scale` times as large as `lq`
 * @param random three draws, whatever the options
 */
export function randomPairCrop(
  hr: Rgb8,
  lq: Rgb8,
  { gtSize, scale, flip }: PairCropOptions,
  random: CountedRandom,
): CropPair {
  const side = gtSize / scale;
  const mirrored = random.uniform() < 0.5 && flip;
  const top = random.integer(Math.max(lq.height, side) - side + 1);
  const left = random.integer(Math.max(lq.width, side) - side + 1);
  const wide = { top: top * scale, left: left * scale, side: gtSize, mirrored };
  return { hr: cut(hr, wide, symmetricIndex), lq: cut(lq, { top, left, side, mirrored }, symmetricIndex) };
}

function part({ width, data }: Pixels, top: number, left: number, side: number): Pixels {
  const out = new Float32Array(side * side * CHANNELS);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * CHANNELS;
    out.set(data.subarray(from, from + side * CHANNELS), y * side * CHANNELS);
  }
  return { height: side, width: side, data: out };
}

/**
 * A random part of a degraded pair, at whole LQ pixels: the border of what was degraded has a share of what was not there.
 * @param pair squares; given back itself if it has the size already
 * @param random two draws, whatever the size
 */
export function randomPart(
  pair: CropPair,
  { gtSize, scale }: Pick<PairCropOptions, 'gtSize' | 'scale'>,
  random: CountedRandom,
): CropPair {
  const side = gtSize / scale;
  const top = random.integer(pair.lq.height - side + 1);
  const left = random.integer(pair.lq.width - side + 1);
  if (pair.hr.height === gtSize) return pair;
  return { hr: part(pair.hr, top * scale, left * scale, gtSize), lq: part(pair.lq, top, left, side) };
}
