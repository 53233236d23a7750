/** @file Golden tensors in our layouts: images and latents as [B, h, w, C], integers as int32. */
import { readFileSync } from 'node:fs';
import type { HostArray } from '../../src/engine/host_array.js';
import { readSafetensors } from '../../src/weights/safetensors.js';
import { goldenPath } from './golden.js';

/** [B, C, h, w] -> [B, h, w, C]. */
export function toChannelsLast({ shape, data }: HostArray): HostArray {
  const [b, c, h, w] = shape as [number, number, number, number];
  const out = new Float32Array(data.length);
  for (let n = 0; n < b; n += 1)
    for (let k = 0; k < c; k += 1)
      for (let p = 0; p < h * w; p += 1) out[(n * h * w + p) * c + k] = data[(n * c + k) * h * w + p]!;
  return { shape: [b, h, w, c], data: out };
}

/** All tensors of a golden safetensors file that holds activations: rank 4 goes to channels-last. */
export async function goldenTensors(...parts: string[]): Promise<Record<string, HostArray>> {
  const { tensors } = await readSafetensors(goldenPath(...parts));
  const entries = [...tensors].map(([name, { dtype, shape, data }]): [string, HostArray] => {
    if (dtype === 'I64') return [name, { shape, data: Int32Array.from(data as ArrayLike<number | bigint>, Number) }];
    const tensor = { shape, data: Float32Array.from(data as Float32Array) };
    return [name, shape.length === 4 ? toChannelsLast(tensor) : tensor];
  });
  return Object.fromEntries(entries);
}

/** A golden json file, typed by the caller. */
export function goldenJson<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(goldenPath(...parts), 'utf8')) as T;
}

/** Item `index` of a stack: [N, ...] -> [1, ...]. */
export function item({ shape, data }: HostArray, index: number): HostArray {
  const size = data.length / shape[0]!;
  return { shape: [1, ...shape.slice(1)], data: data.slice(index * size, (index + 1) * size) };
}

/** All items of a stack: [N, ...] -> N times [1, ...]. */
export function items(stack: HostArray): HostArray[] {
  return Array.from({ length: stack.shape[0]! }, (_, index) => item(stack, index));
}

/** Largest absolute value. */
export function maxAbs({ data }: HostArray): number {
  let max = 0;
  for (const value of data) max = Math.max(max, Math.abs(value));
  return max;
}

/** Largest absolute difference; NaN where either side has one, which no tolerance lets pass. @throws Error if the shapes differ. */
export function maxDifference(found: HostArray, expected: HostArray): number {
  if (found.shape.join() !== expected.shape.join()) {
    throw new Error(`shape [${found.shape.join()}] instead of [${expected.shape.join()}]`);
  }
  let max = 0;
  expected.data.forEach((value, i) => (max = Math.max(max, Math.abs(found.data[i]! - value))));
  return max;
}
