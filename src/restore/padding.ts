/** @file Images in, images out: reflection padding to the sizes a network accepts, and which sizes those are. */
import { CHANNELS, type Picture } from './picture.js';

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function lcm(a: number, b: number): number {
  return (a / gcd(a, b)) * b;
}

/**
 * The number both sides of a latent must be multiples of: every level's feature map has to divide into its attention
 * windows (window clamped at the nominal resolution, spec of the U-Net §5.4-5.5), and every downsampling into two.
 */
export function latentMultiple(unet: UNetConfig): number {
  const levels = unet.channelMult.length;
  let multiple = 2 ** (levels - 1);
  for (let level = 0; level < levels; level++) {
    const resolution = unet.imageSize / 2 ** level;
    const attends = level === levels - 1 || unet.attentionResolutions.includes(resolution);
    if (attends) multiple = lcm(multiple, 2 ** level * Math.min(unet.windowSize, resolution));
  }
  return multiple;
}

/**
 * The number both sides of a low-resolution image must be multiples of (64 for the official models).
 * @param scale Upscaling factor of the task (`diffusion.sf`).
 */
export function imageMultiple(unet: UNetConfig, autoencoder: AutoencoderConfig, scale: number): number {
  // latent side = image side * scale / factor must be a multiple of latentMultiple.
  const highResolution = latentMultiple(unet) * 2 ** (autoencoder.chMult.length - 1);
  return highResolution / gcd(highResolution, scale);
}

/** The index in [0, length) that a reflection without repeated edge, repeated as often as needed, shows at `index` >= 0. */
export function reflectedIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const phase = index % period;
  return phase < length ? phase : period - phase;
}

/**
 * Pads on the right and at the bottom by reflection, so that both sides are multiples of `multiple`.
 * @param picture [h, w, 3], of any size.
 * @returns [ceil(h / multiple) * multiple, ceil(w / multiple) * multiple, 3]; the same object if nothing is missing.
 */
export function padToMultiple(picture: Picture, multiple: number): Picture {
  const height = Math.ceil(picture.height / multiple) * multiple;
  const width = Math.ceil(picture.width / multiple) * multiple;
  if (height === picture.height && width === picture.width) return picture;
  const data = new Float32Array(height * width * CHANNELS);
  for (let row = 0; row < height; row++) {
    const source = reflectedIndex(row, picture.height) * picture.width;
    const target = row * width;
    for (let column = 0; column < width; column++) {
      const from = (source + reflectedIndex(column, picture.width)) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) data[(target + column) * CHANNELS + c] = picture.data[from + c]!;
    }
  }
  return { height, width, data };
}
