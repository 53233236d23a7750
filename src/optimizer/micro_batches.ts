/** @file Parts of a batch that go to the device at a time. */
import type { HostArray } from '../engine/host_array.js';
import type { SampleRange } from './draws.js';

/** Samples of the `index`-th micro-batch. */
export const microRange = (index: number, microBatch: number): SampleRange => ({
  first: index * microBatch,
  count: microBatch,
});

/** A part of a batch of images [B, side, side, 3]. */
export function microImages(images: Float32Array, side: number, { first, count }: SampleRange): HostArray {
  const size = side * side * 3;
  return { shape: [count, side, side, 3], data: images.subarray(first * size, (first + count) * size) };
}
