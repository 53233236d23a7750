/** @file Giving a teacher's copy the student's noise channels. */
import type { HostTree } from '../weights/tree.js';

/** The convolution that sees the network's inputs. */
const FIRST_CONV = 'input_blocks.0.0.weight';

/**
 * Appends noise channels with zero weights behind x and lq, so that the student starts as the teacher for any noise.
 * @param tree U-Net parameters in the official layout ([out, in, kh, kw]); left as it is.
 * @param noiseChannels Number of channels to add, >= 0.
 */
export function widenByNoise(tree: HostTree, noiseChannels: number): HostTree {
  const conv = tree.get(FIRST_CONV);
  if (!conv) throw new Error(`the tree has no ${FIRST_CONV}`);
  const [out, channels, kh, kw] = conv.shape as [number, number, number, number];
  const wide = channels + noiseChannels;
  const data = new Float32Array(out * wide * kh * kw);
  const row = channels * kh * kw;
  for (let o = 0; o < out; o += 1) data.set(conv.data.subarray(o * row, (o + 1) * row), o * wide * kh * kw);
  return new Map(tree).set(FIRST_CONV, { shape: [out, wide, kh, kw], data });
}
