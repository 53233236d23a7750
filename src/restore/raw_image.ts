/** @file Images in, images out: decoded pixels as integers, to and from the floating point numbers of the networks. */
import { UserError } from '../errors/user_error.js';
import { CHANNELS, type Picture } from '../images/picture.js';

/** Pixels [height, width, channels], row by row: 8 bits a sample, or 16 in a `Uint16Array`. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** Grey, grey and alpha, RGB, RGB and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array | Uint16Array;
}

/** Transparency [height, width]: 0 clear, 1 opaque. */
export type AlphaPlane = Float32Array;

export const isDeep = ({ data }: Pick<RawImage, 'data'>): boolean => data instanceof Uint16Array;
export const isGrey = ({ channels }: Pick<RawImage, 'channels'>): boolean => channels < CHANNELS;
export const hasAlpha = ({ channels }: Pick<RawImage, 'channels'>): boolean => channels % 2 === 0;

const topOf = (data: Uint8Array | Uint16Array): number => (data instanceof Uint16Array ? 65535 : 255);

/** Colours as [h, w, 3] in [-1, 1]; grey becomes three equal channels. */
export function toPicture(image: RawImage): Picture {
  const { width, height, channels, data } = image;
  const half = topOf(data) / 2;
  const second = isGrey(image) ? 0 : 1;
  const out = new Float32Array(height * width * CHANNELS);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let c = 0; c < CHANNELS; c++) out[pixel * CHANNELS + c] = data[pixel * channels + c * second]! / half - 1;
  }
  return { height, width, data: out };
}

/** The last channel of an image with alpha. */
export function toAlpha({ width, height, channels, data }: RawImage): AlphaPlane {
  const top = topOf(data);
  return Float32Array.from({ length: height * width }, (_, pixel) => data[(pixel + 1) * channels - 1]! / top);
}

/** What a {@link RawImageWriter} makes. */
export interface RawImageShape {
  readonly width: number;
  readonly height: number;
  /** One channel, the luma of BT.601, instead of three. */
  readonly grey: boolean;
  readonly alpha: boolean;
  /** 16 bits a sample instead of 8. */
  readonly deep: boolean;
}

/** Rounds bands of a picture to integers, so that a large result is never held in floating point. */
export class RawImageWriter {
  readonly image: RawImage;

  /** @throws UserError if there is not so much memory. */
  constructor(shape: RawImageShape) {
    const { width, height, grey, alpha, deep } = shape;
    const channels = ((grey ? 1 : CHANNELS) + (alpha ? 1 : 0)) as RawImage['channels'];
    const length = width * height * channels;
    try {
      this.image = { width, height, channels, data: deep ? new Uint16Array(length) : new Uint8Array(length) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const found = `${width} x ${height} pixels (${((length * (deep ? 2 : 1)) / 2 ** 30).toFixed(1)} GB)`;
      throw new UserError('the result does not fit into memory', { found }, { cause: error });
    }
  }

  /** Rows from `top` on: [rows, width, 3] in [-1, 1], clamped. */
  writeBand(band: Picture, top: number): void {
    const { width, channels, data } = this.image;
    const half = topOf(data) / 2;
    const level = (v: number): number => Math.round(Math.min(Math.max(v * half + half, 0), 2 * half));
    const grey = isGrey(this.image);
    let target = top * width * channels;
    for (let i = 0; i < band.data.length; i += CHANNELS, target += channels) {
      const [r, g, b] = [band.data[i]!, band.data[i + 1]!, band.data[i + 2]!];
      if (grey) {
        data[target] = level(0.299 * r + 0.587 * g + 0.114 * b);
      } else {
        data[target] = level(r);
        data[target + 1] = level(g);
        data[target + 2] = level(b);
      }
    }
  }

  /** Transparency of rows from `top` on, [rows, width] in [0, 1], clamped; the image must have alpha. */
  writeAlpha(alpha: AlphaPlane, top: number): void {
    const { width, channels, data } = this.image;
    const scale = topOf(data);
    for (let i = 0; i < alpha.length; i++) {
      data[(top * width + i + 1) * channels - 1] = Math.round(Math.min(Math.max(alpha[i]!, 0), 1) * scale);
    }
  }
}
