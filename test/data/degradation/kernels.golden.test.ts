/** @file Blur kernels and sinc filters against golden values. */
import { describe, expect, it } from 'vitest';
import { blurKernel, padded, type KernelFamily } from '../../../src/data/degradation/kernels.js';
import { besselJ1, sincKernel } from '../../../src/data/degradation/sinc.js';
import { goldenJson, goldenTensors, maxDifference } from '../../helpers/golden_tensors.js';

const TOLERANCE = 1e-6;

interface GoldenKernel {
  readonly type: KernelFamily | 'sinc';
  readonly kernel_size: number;
  readonly sigma_x: number;
  readonly sigma_y: number;
  readonly theta: number;
  readonly beta: number | null;
  readonly cutoff: number;
  readonly pad_to?: number;
  readonly tensor: string;
}

describe('golden kernels', async () => {
  const { kernels } = goldenJson<{ kernels: GoldenKernel[] }>('degradation', 'kernels.json');
  const tensors = await goldenTensors('degradation', 'kernels.safetensors');

  it.each(kernels)('$tensor: $type of $kernel_size', ({ type, kernel_size: size, beta, ...shape }) => {
    const own =
      type === 'sinc'
        ? sincKernel(shape.cutoff, size)
        : blurKernel(
            { family: type, sigmaX: shape.sigma_x, sigmaY: shape.sigma_y, theta: shape.theta, beta: beta ?? NaN },
            size,
          );
    const side = Math.max(shape.pad_to ?? 0, size);
    const found = { shape: [side, side], data: Float32Array.from(padded(own, side)) };
    expect(maxDifference(found, tensors[shape.tensor]!)).toBeLessThanOrEqual(TOLERANCE);
  });

  it('are of every family and sinc filters', () => {
    expect(new Set(kernels.map(({ type }) => type)).size).toBe(7);
  });
});

it('J1 is the Bessel function', () => {
  // Abramowitz and Stegun, tables 9.1 and 9.5: values, and zeros.
  expect(besselJ1(1)).toBeCloseTo(0.4400505857449335, 14);
  expect(besselJ1(2.5)).toBeCloseTo(0.4970941024642741, 14);
  for (const zero of [3.831705970207512, 7.015586669815619, 44.75931899765282]) {
    expect(Math.abs(besselJ1(zero))).toBeLessThan(1e-14);
  }
});
