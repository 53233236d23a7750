/** @file The student as a copy of the teacher that gets noise channels. */
import { widenInput } from '../models/match.js';
import type { UNetConfig } from '../nn/unet_config.js';
import type { HostTree } from '../weights/tree.js';

/** The convolution that sees the network's inputs x, lq and noise, in this order. */
const FIRST_CONV = 'input_blocks.0.0.weight';

/** The student's network: the teacher's with noise channels. */
export const studentUnet = (teacher: UNetConfig, noiseChannels: number): UNetConfig => ({ ...teacher, noiseChannels });

/**
 * Appends noise channels with zero weights, so that the student starts as the teacher whatever the noise.
 * @param tree U-Net parameters in the official layout; left as it is.
 */
export function widenByNoise(tree: HostTree, noiseChannels: number): HostTree {
  return widenInput(tree, FIRST_CONV, noiseChannels);
}
