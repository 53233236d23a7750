/** @file An image as a network's input. */
import type { HostArray } from '../engine/host_array.js';
import type { Pixels } from '../images/pixels.js';

/** [1,H,W,3], values as they are, data shared. */
export function imageArray({ height, width, data }: Pixels): HostArray {
  return { shape: [1, height, width, 3], data };
}
