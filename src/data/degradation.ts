/** @file What a degradation is, and the one place that chooses which. */
import type { DegradationConfig } from '../config/schema.js';
import type { CountedRandom } from '../random/counted.js';
import { bicubicDegradation } from './degrade_bicubic.js';
import { mildDegradation } from './degrade_mild.js';
import type { Pixels } from '../images/pixels.js';

/**
 * Makes a low-quality image from a high-quality one. A pure function of image and draws.
 * @param hr [h, w, 3] in [0, 1], sides multiples of the factor; left as it is
 * @returns [h / factor, w / factor, 3] in [0, 1]
 */
export type Degradation = (hr: Pixels, random: CountedRandom) => Promise<Pixels>;

/** Degradations of one image at a time on the host; the others are of batches, on the device. */
export type HostDegradationConfig = Exclude<DegradationConfig, { kind: 'realesrgan' }>;

/**
 * The degradation a run file asks for.
 * @param scale super-resolution factor
 */
export function createDegradation(config: HostDegradationConfig, scale: number): Degradation {
  switch (config.kind) {
    case 'bicubic':
      return bicubicDegradation(scale);
    case 'mild':
      return mildDegradation(config, scale);
  }
}
