/** @file Weights, inputs and projections by golden data's hash formula (golden README, "Formula weights"). */
import type { HostArray } from '../../src/engine/host_array.js';
import type { HostTree } from '../../src/weights/tree.js';

/** Values u in [-0.5, 0.5) of a key at flat indices 0, 1, ... of the official (PyTorch) shape. */
export function formulaUniform(key: string, count: number, salt = 0): Float64Array {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(salt === 0 ? key : `${key}#${salt}`, 'utf8')) h = Math.imul(h ^ byte, 0x01000193);
  return Float64Array.from({ length: count }, (_, i) => {
    let z = (h + i + 0x9e3779b9) >>> 0;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    z = (z ^ (z >>> 15)) >>> 0;
    return z / 2 ** 32 - 0.5;
  });
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Offset and amplitude of a parameter. */
function range(key: string, shape: readonly number[]): { offset: number; amp: number } {
  const fanIn = product(shape.slice(1));
  if (/^(alexnet|vgg16)\.features\.\d+\./.test(key)) {
    return { offset: 0, amp: shape.length > 1 ? 2 * Math.sqrt(6 / fanIn) : 0.2 };
  }
  if (key.endsWith('relative_position_bias_table')) return { offset: 0, amp: 1 };
  if (key.endsWith('embedding.weight')) return { offset: 0, amp: 2 };
  if (shape.length >= 2) return { offset: 0, amp: 2 * Math.sqrt(3 / fanIn) };
  return key.endsWith('.weight') ? { offset: 1, amp: 0.4 } : { offset: 0, amp: 0.2 };
}

interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Formula parameters in the official layout. */
export function formulaTree(specs: readonly Named[], salt = 0): HostTree {
  return new Map(
    specs.map(({ name, shape }) => {
      const { offset, amp } = range(name, shape);
      const u = formulaUniform(name, product(shape), salt);
      return [name, { shape, data: Float32Array.from(u, (value) => offset + amp * value) }];
    }),
  );
}

/** `float32(value + scale * amp * u)` of every parameter: golden data's fake and student. Official layout. */
export function perturbedTree(tree: HostTree, salt: number, scale = 0.15): HostTree {
  return new Map(
    [...tree].map(([name, { shape, data }]) => {
      const { amp } = range(name, shape);
      const u = formulaUniform(name, data.length, salt);
      return [name, { shape, data: Float32Array.from(data, (value, i) => value + scale * amp * u[i]!) }];
    }),
  );
}

/** A formula input, e.g. `input:x`, in the official layout. */
export function formulaInput(key: string, shape: readonly number[], amp: number, salt = 0): HostArray {
  return { shape, data: Float32Array.from(formulaUniform(key, product(shape), salt), (u) => amp * u) };
}
