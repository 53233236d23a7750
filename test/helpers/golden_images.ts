/** @file Golden stacks of images as images on the host. */
import type { HostArray } from '../../src/engine/host_array.js';
import { CHANNELS, type Pixels } from '../../src/images/pixels.js';

/** [B,H,W,3] -> B images. */
export function goldenImages({ shape, data }: HostArray): Pixels[] {
  const [batch, height, width] = shape as [number, number, number];
  const size = height * width * CHANNELS;
  return Array.from({ length: batch }, (_, i) => ({
    height,
    width,
    data: Float32Array.from(data.subarray(i * size, (i + 1) * size)),
  }));
}
