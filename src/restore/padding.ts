/** @file Images in, images out: reflection padding to the sizes a network accepts, and which sizes those are. */
import { latentFactor } from '../autoencoder/first_stage.js';
import { CHANNELS, type Picture } from '../images/picture.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { planUNet, type UNetConfig } from '../nn/unet_config.js';

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * The number both sides of a low-resolution image must be multiples of (64 for the official models): every feature map
 * of the U-Net has to divide into its attention windows.
 * @param autoencoder `null` for diffusion on pixels.
 * @param scale Upscaling factor of the task (`diffusion.sf`).
 */
export function imageMultiple(unet: UNetConfig, autoencoder: AutoencoderConfig | null, scale: number): number {
  const factor = latentFactor(autoencoder);
  // The latent's side, image side * scale / factor, must be a multiple of the U-Net's.
  const highResolution = planUNet(unet).multiple * factor;
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
