/** @file Numbers of a validation: their definitions, their means, and which of them a checkpoint is judged by. */
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/engine/host_array.js';
import { fidelity, MetricMeans, validationScore } from '../../src/training/validation_metrics.js';

const image = (side: number, value: (i: number) => number): HostArray => ({
  shape: [1, side, side, 3],
  data: Float32Array.from({ length: side * side * 3 }, (_, i) => value(i)),
});

describe('fidelity', () => {
  it('of a constant error is that of the closed form', () => {
    const truth = image(16, () => 0);
    // 0.2 of the range 2.
    const { psnrRgb, psnr, ssim } = fidelity(
      truth,
      image(16, () => 0.2),
    );
    expect(psnrRgb).toBeCloseTo(20, 4);
    // Luma of 127.5 and 153 as 8 bits (128 and 153, weights 219 / 255): rounded to 126 and 147.
    expect(psnr).toBeCloseTo(20 * Math.log10(255 / 21), 6);
    const [a, b, c1] = [126, 147, (0.01 * 255) ** 2];
    expect(ssim).toBeCloseTo((2 * a * b + c1) / (a * a + b * b + c1), 6);
  });

  it('clamps, and leaves SSIM out where its window does not fit', () => {
    const bright = image(10, () => 1);
    expect(
      fidelity(
        bright,
        image(10, () => 7),
      ),
    ).toEqual({ psnrRgb: Infinity, psnr: Infinity });
  });
});

it('means are over the images that have a metric', () => {
  const means = new MetricMeans();
  means.add({ psnr: 20, ssim: 0.5 });
  means.add({ psnr: 30 });
  expect(means.means()).toEqual({ psnr: 25, ssim: 0.5 });
});

describe('the score, lower is better,', () => {
  const metrics = { psnrRgb: 20, psnr: 21, ssim: 0.5, perceptual: 0.25 };

  it('is the perceptual distance where there is one, else minus the PSNR', () => {
    expect(validationScore(metrics)).toBe(0.25);
    expect(validationScore({ psnrRgb: 20 })).toBe(-20);
  });

  it('follows the metric that is asked for, and does not do without it', () => {
    expect(validationScore(metrics, 'ssim')).toBe(-0.5);
    expect(() => validationScore({ psnrRgb: 20, psnr: 21 }, 'ssim')).toThrow(/no such metric; expected psnrRgb, psnr/);
  });
});
