/** @file Mild synthetic degradation for small runs: blur, resize, noise and JPEG, once each. */
import type { DegradationConfig } from '../config/schema.js';
import type { CountedRandom } from '../random/counted.js';
import type { Degradation } from './degradation.js';
import { jpegRoundTrip } from './jpeg.js';
import { clampToUnit, fromRgb8, toRgb8, type Pixels } from './pixels.js';
import { gaussianBlur, resize } from './resize.js';

type MildConfig = Extract<DegradationConfig, { kind: 'mild' }>;

/** Filters of the reduction, drawn with equal probability (the three that Real-ESRGAN draws from). */
const FILTERS = ['area', 'bilinear', 'bicubic'] as const;

function addNoise(image: Pixels, sigma: number, random: CountedRandom): Pixels {
  return { ...image, data: image.data.map((v) => v + sigma * random.normal()) };
}

/**
 * Gaussian blur, reduction by a drawn filter, independent Gaussian noise on every value, JPEG; 8-bit result.
 * Uniform draws in this order: blur sigma, filter, noise sigma, JPEG quality, then one normal for every value.
 */
export function mildDegradation({ blurSigma, noiseSigma, jpegQuality }: MildConfig, scale: number): Degradation {
  return async (hr, random) => {
    const blur = random.uniform(...blurSigma);
    const filter = FILTERS[random.integer(FILTERS.length)]!;
    const sigma = random.uniform(...noiseSigma) / 255;
    const quality = Math.round(random.uniform(...jpegQuality));
    const small = resize(gaussianBlur(hr, blur), filter, hr.height / scale, hr.width / scale);
    const noisy = clampToUnit(addNoise(small, sigma, random));
    return fromRgb8(await jpegRoundTrip(toRgb8(noisy), quality));
  };
}
