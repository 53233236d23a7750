/** @file What PSNR and SSIM compare: the luma or the colours of an image as planes in 0..255. */
import { CHANNELS, type Pixels } from '../images/pixels.js';

/** Colours a fidelity metric looks at: luma of BT.601 in studio range (16..235), or each of R, G, B. */
export type ColorSpace = 'y' | 'rgb';

/** One channel, row by row, values in 0..255. */
export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly data: Float64Array;
}

/** To the nearest integer, halves to even. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Contribution of each colour (in [0,1]) to Y in 0..255, and Y of black. */
const LUMA = [65.481, 128.553, 24.966] as const;
const BLACK = 16;

/** A colour value in [0,1] as 8 bits. Rounded to float32 first, here and for luma: the reference's arithmetic, which decides ties. */
function to8Bit(value: number): number {
  return roundHalfEven(Math.fround(Math.min(Math.max(value, 0), 1) * 255));
}

/** The image as it comes back from an 8-bit file, in [0,1]. */
export function throughFile({ height, width, data }: Pixels): Pixels {
  return { height, width, data: data.map((value) => to8Bit(value) / 255) };
}

type Reading = (red: number, green: number, blue: number) => number;

const luma: Reading = (red, green, blue) => LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue + BLACK;

function planes(image: Pixels, border: number, readings: readonly Reading[]): Plane[] {
  const height = image.height - 2 * border;
  const width = image.width - 2 * border;
  if (height < 1 || width < 1)
    throw new Error(`a border of ${border} leaves nothing of ${image.height}x${image.width}`);
  return readings.map((reading) => {
    const data = new Float64Array(height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = ((y + border) * image.width + x + border) * CHANNELS;
        data[y * width + x] = reading(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!);
      }
    }
    return { height, width, data };
  });
}

/** Luma of [h,w,3] in [0,1], not rounded. */
export function lumaPlane(image: Pixels): Plane {
  return planes(image, 0, [luma])[0]!;
}

/**
 * Channels of an image as planes of 8-bit values, halves rounded to even.
 * @param image [h,w,3]; values outside [0,1] are clamped.
 * @param border Pixels left out on every side.
 * @throws Error if the border leaves nothing.
 */
export function roundedPlanes(image: Pixels, color: ColorSpace, border: number): Plane[] {
  const y: Reading = (...rgb) => roundHalfEven(Math.fround(Math.min(Math.max(luma(...rgb), 0), 255)));
  return planes(
    image,
    border,
    color === 'y' ? [y] : [(red) => to8Bit(red), (_, green) => to8Bit(green), (_r, _g, blue) => to8Bit(blue)],
  );
}

/**
 * Luma of YIQ (0.299, 0.587, 0.114; 0..255) of [h,w,3] in [0,1], rounded half to even.
 *
 * With these weights one pixel in a thousand is a tie; it is decided as by the reference's chain of fused float32 products.
 */
export function yiqLuma(image: Pixels): Plane {
  const f = Math.fround;
  const [r, g, b] = [f(0.299), f(0.587), f(0.114)];
  const reading: Reading = (red, green, blue) => roundHalfEven(f(255 * f(b * blue + f(g * green + f(r * red)))));
  return planes(image, 0, [reading])[0]!;
}

/** @throws Error unless both images have the same size. */
export function requireSameSize(a: Pixels, b: Pixels): void {
  if (a.height !== b.height || a.width !== b.width) {
    throw new Error(`images of different sizes: ${a.height}x${a.width} and ${b.height}x${b.width}`);
  }
}
