/** @file PSNR and SSIM of both conventions against golden values. */
import { describe, expect, it } from 'vitest';
import { CHANNELS, type Pixels } from '../../src/images/pixels.js';
import { evaluationPsnr, trainerPsnr } from '../../src/metrics/psnr.js';
import { evaluationSsim, trainerSsim } from '../../src/metrics/ssim.js';
import { goldenImages } from '../helpers/golden_images.js';
import { goldenJson, goldenTensors } from '../helpers/golden_tensors.js';

// Golden README.
const PSNR_TOLERANCE = 1e-4;
const SSIM_TOLERANCE = 1e-6;

type Column =
  | 'psnr_Y'
  | 'ssim_Y'
  | 'psnr_RGB'
  | 'ssim_RGB'
  | 'psnr_Y_border4'
  | 'ssim_Y_border4'
  | 'evaluate_psnr_Y'
  | 'evaluate_ssim_Y';
type Values = { pair: [string, string] } & Record<Column, (number | 'inf')[]>;

const METRICS: Record<Column, (a: Pixels, b: Pixels) => number> = {
  psnr_Y: trainerPsnr,
  ssim_Y: trainerSsim,
  psnr_RGB: (a, b) => trainerPsnr(a, b, { color: 'rgb' }),
  ssim_RGB: (a, b) => trainerSsim(a, b, { color: 'rgb' }),
  psnr_Y_border4: (a, b) => trainerPsnr(a, b, { border: 4 }),
  ssim_Y_border4: (a, b) => trainerSsim(a, b, { border: 4 }),
  evaluate_psnr_Y: evaluationPsnr,
  evaluate_ssim_Y: evaluationSsim,
};

const golden = goldenJson<{ psnr_ssim: Values[] }>('metrics', 'metrics.json').psnr_ssim;
const pairs = await goldenTensors('metrics', 'pairs.safetensors');

const images = (name: string): Pixels[] => goldenImages(pairs[name]!);

describe.each(golden)('$pair', (values) => {
  const [a, b] = values.pair.map(images) as [Pixels[], Pixels[]];
  it.each(Object.keys(METRICS) as Column[])('%s', (column) => {
    const tolerance = column.includes('psnr') ? PSNR_TOLERANCE : SSIM_TOLERANCE;
    values[column].forEach((expected, i) => {
      const found = METRICS[column](a[i]!, b[i]!);
      if (expected === 'inf') expect(found).toBe(Infinity);
      else expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance);
    });
  });
});

it('refuses images of different sizes, and images too small', () => {
  const [image] = images('gt') as [Pixels];
  const small: Pixels = { height: 8, width: 8, data: new Float32Array(8 * 8 * CHANNELS) };
  expect(() => trainerPsnr(image, small)).toThrow('different sizes');
  expect(() => evaluationSsim(small, small)).toThrow('11x11');
  expect(() => trainerPsnr(small, small, { border: 4 })).toThrow('border');
});
