/** @file What degrades one image at a time, on the host. */
import type { Pixels } from '../images/pixels.js';
import type { CountedRandom } from '../random/counted.js';

/**
 * Makes a low-quality image from a high-quality one. A pure function of image and draws.
 * @param hr [h, w, 3] in [0, 1], sides multiples of the factor; left as it is
 * @returns [h / factor, w / factor, 3] in [0, 1]
 */
export type Degradation = (hr: Pixels, random: CountedRandom) => Promise<Pixels>;
