/** @file Blur kernels: Gaussian, generalized Gaussian and plateau shapes, each isotropic or not (docs/degradation.md). */
import type { KERNEL_FAMILIES } from '../../config/sections/degradation.js';

/** Family of a blur kernel. */
export type KernelFamily = (typeof KERNEL_FAMILIES)[number];

/** What a blur kernel is made from. Isotropic families read `sigmaX` alone, plain Gaussians no `beta`. */
export interface BlurShape {
  readonly family: KernelFamily;
  /** Standard deviations in pixels along the main axes, before the rotation. */
  readonly sigmaX: number;
  readonly sigmaY: number;
  /** Rotation in radians, from the x axis (columns) to the y axis (rows). */
  readonly theta: number;
  /** Exponent of generalized and plateau shapes. */
  readonly beta: number;
}

/** Scales a kernel to sum 1, in place; returns it. */
export function normalised(kernel: Float64Array): Float64Array {
  const sum = kernel.reduce((total, value) => total + value, 0);
  return kernel.map((value) => value / sum);
}

/** Height of the kernel where the squared Mahalanobis distance from its centre is `m`. */
function profile({ family, beta }: BlurShape): (m: number) => number {
  if (family.startsWith('generalized')) return (m) => Math.exp(-0.5 * m ** beta);
  if (family.startsWith('plateau')) return (m) => 1 / (1 + m ** beta);
  return (m) => Math.exp(-0.5 * m);
}

/** Inverse of the covariance R diag(sigmaX^2, sigmaY^2) R^T with R = [[cos, -sin], [sin, cos]]: [xx, xy, yy]. */
function inverseCovariance({ family, sigmaX, sigmaY, theta }: BlurShape): readonly [number, number, number] {
  const isotropic = !family.endsWith('aniso');
  const [along, across] = [sigmaX ** -2, (isotropic ? sigmaX : sigmaY) ** -2];
  const [cos, sin] = isotropic ? [1, 0] : [Math.cos(theta), Math.sin(theta)];
  return [along * cos ** 2 + across * sin ** 2, (along - across) * cos * sin, along * sin ** 2 + across * cos ** 2];
}

/**
 * Values of a blur kernel.
 * @param size side, odd
 * @returns [size, size] row by row, of sum 1
 */
export function blurKernel(shape: BlurShape, size: number): Float64Array {
  const centre = (size - 1) / 2;
  const height = profile(shape);
  const [xx, xy, yy] = inverseCovariance(shape);
  const kernel = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const y = row - centre;
    for (let column = 0; column < size; column++) {
      const x = column - centre;
      kernel[row * size + column] = height(xx * x * x + 2 * xy * x * y + yy * y * y);
    }
  }
  return normalised(kernel);
}

/**
 * A kernel in the middle of a larger one, zeros around it.
 * @param kernel [size, size]
 * @returns [padded, padded]
 */
export function padded(kernel: Float64Array, side: number): Float64Array {
  const size = Math.sqrt(kernel.length);
  const margin = (side - size) / 2;
  const out = new Float64Array(side * side);
  for (let row = 0; row < size; row++) {
    out.set(kernel.subarray(row * size, (row + 1) * size), (row + margin) * side + margin);
  }
  return out;
}
