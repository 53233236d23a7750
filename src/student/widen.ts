/** @file Giving a teacher's copy the student's noise channels. */
import { widenInput } from '../models/match.js';
import type { HostTree } from '../weights/tree.js';

/** The convolution that sees the network's inputs x, lq and noise, in this order. */
const FIRST_CONV = 'input_blocks.0.0.weight';

/**
 * Appends noise channels with zero weights, so that the student starts as the teacher whatever the noise.
 * @param tree U-Net parameters in the official layout; left as it is.
 */
export function widenByNoise(tree: HostTree, noiseChannels: number): HostTree {
  return widenInput(tree, FIRST_CONV, noiseChannels);
}
