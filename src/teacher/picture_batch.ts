/** @file Pictures of one size, with the noise of each, as batches, and back. */
import type { NoiseSource } from '../diffusion/picture_noise.js';
import type { HostArray } from '../engine/host_array.js';
import type { Picture } from '../images/picture.js';
import { imageShape, type BatchSize } from './restoration_model.js';

/** Size of pictures [h, w, 3] that go together. */
export function batchSize(lq: readonly Picture[]): BatchSize {
  const { height, width } = lq[0]!;
  return { count: lq.length, height, width };
}

/** Values one after another; a single one is not copied. */
function joined(parts: readonly HostArray['data'][]): Float32Array {
  if (parts.length === 1) return parts[0] as Float32Array;
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Pictures of one size as a batch [B, h, w, 3]. */
export function toArray(lq: readonly Picture[]): HostArray {
  return { shape: imageShape(batchSize(lq)), data: joined(lq.map(({ data }) => data)) };
}

/** Noise of a batch, every picture's from its own source. */
export function draw(
  sources: readonly NoiseSource[],
  purpose: Parameters<NoiseSource>[0],
  shape: readonly number[],
  step?: number,
): HostArray {
  const one = [1, ...shape.slice(1)];
  return { shape, data: joined(sources.map((noise) => noise(purpose, one, step).data)) };
}

/** A batch [B, h, w, 3] as pictures that share its memory. */
export function toPictures({ shape, data }: HostArray): Picture[] {
  const [count, height, width] = shape as [number, number, number];
  const length = data.length / count;
  return Array.from({ length: count }, (_, index) => ({
    height,
    width,
    data: (data as Float32Array).subarray(index * length, (index + 1) * length),
  }));
}
