/** @file Mild synthetic degradation for small runs: blur, resize, noise and JPEG, once each. */
import type { DegradationConfig } from '../config/schema.js';
import { clampToUnit, fromRgb8, toRgb8, type Pixels } from '../images/pixels.js';
import { gaussianBlur, resize } from '../images/resize.js';
import type { CountedRandom } from '../random/counted.js';
import type { Degradation } from './image_degradation.js';
import { jpegRoundTrip } from './jpeg.js';

type MildConfig = Extract<DegradationConfig, { kind: 'mild' }>;

/** Filters of the reduction, drawn with equal probability (the three that Real-ESRGAN draws from). */
const FILTERS = ['area', 'bilinear', 'bicubic'] as const;

/** What is drawn for one image before its noise. */
export interface MildDraws {
  /** Standard deviation of the blur, HR pixels. */
  readonly blur: number;
  readonly filter: (typeof FILTERS)[number];
  /** Standard deviation of the noise, 8-bit levels. */
  readonly noise: number;
  /** Whole number. */
  readonly quality: number;
}

/** Draws uniformly, in this order: blur sigma, filter, noise sigma, JPEG quality. */
export function drawMild({ blurSigma, noiseSigma, jpegQuality }: MildConfig, random: CountedRandom): MildDraws {
  return {
    blur: random.uniform(...blurSigma),
    filter: FILTERS[random.integer(FILTERS.length)]!,
    noise: random.uniform(...noiseSigma),
    quality: Math.round(random.uniform(...jpegQuality)),
  };
}

function addNoise(image: Pixels, sigma: number, random: CountedRandom): Pixels {
  return { ...image, data: image.data.map((v) => v + sigma * random.normal()) };
}

/**
 * Gaussian blur, reduction by a drawn filter, independent Gaussian noise on every value, JPEG; 8-bit result.
 * Draws: {@link drawMild}, then one normal for every value.
 */
export function mildDegradation(config: MildConfig, scale: number): Degradation {
  return async (hr, random) => {
    const { blur, filter, noise, quality } = drawMild(config, random);
    const small = resize(gaussianBlur(hr, blur), filter, hr.height / scale, hr.width / scale);
    const noisy = clampToUnit(addNoise(small, noise / 255, random));
    return fromRgb8(await jpegRoundTrip(toRgb8(noisy), quality));
  };
}
