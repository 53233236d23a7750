/** @file Numbers about restored images for the log of a run. */
import type { HostArray } from '../engine/types.js';

/** PSNR over RGB in dB of images in [-1, 1]; the restored one is clamped, nothing is rounded. */
export function psnrOfImages(truth: HostArray, restored: HostArray): number {
  let squares = 0;
  for (let i = 0; i < truth.data.length; i++) {
    const value = Math.min(1, Math.max(-1, restored.data[i]!));
    squares += (value - truth.data[i]!) ** 2;
  }
  // The range of [-1, 1] is 2.
  return 10 * Math.log10((4 * truth.data.length) / squares);
}
