/** @file NIQE of both conventions against golden values, and what no golden value tells. */
import { describe, expect, it } from 'vitest';
import { decodePhoto } from '../../src/data/decode.js';
import { fromRgb8, type Pixels } from '../../src/images/pixels.js';
import { readPristine } from '../../src/metrics/niqe.js';
import { fitAsymmetricGaussian } from '../../src/metrics/niqe/asymmetric_gaussian.js';
import { gamma } from '../../src/metrics/niqe/gamma.js';
import type { Rounding } from '../../src/metrics/niqe/normalised_rows.js';
import { blockStatistics, imageFeatures, statisticsDistance } from '../../src/metrics/niqe/statistics.js';
import { roundedPlanes, yiqLuma, type Plane } from '../../src/metrics/planes.js';
import { imageMetrics, type ImageMetricName } from '../../src/metrics/registry.js';
import { shippedFile } from '../../src/metrics/shipped.js';
import { CountedRandom } from '../../src/random/counted.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenJson } from '../helpers/golden_tensors.js';

// Golden README.
const TOLERANCE = 1e-3;
const FEATURE_TOLERANCE = 1e-6;

type Column =
  'niqe_basicsr_ycbcr' | 'niqe_basicsr_ycbcr_border4' | 'niqe_evaluate_style_yiq' | 'niqe_evaluate_style_ycbcr';
type Case = Record<Column, number> & { image: string; blocks: [number, number]; first_block_scale1_features: number[] };
const cases = goldenJson<{ niqe: Case[] }>('metrics', 'metrics.json').niqe;

const studioLuma = (image: Pixels, border = 0): Plane => roundedPlanes(image, 'y', border)[0]!;

const VARIANTS: Record<Column, [luma: (image: Pixels) => Plane, Rounding]> = {
  niqe_basicsr_ycbcr: [studioLuma, 'results'],
  niqe_basicsr_ycbcr_border4: [(image) => studioLuma(image, 4), 'results'],
  niqe_evaluate_style_yiq: [yiqLuma, 'window'],
  niqe_evaluate_style_ycbcr: [studioLuma, 'window'],
};
const REGISTERED: [Column, ImageMetricName][] = [
  ['niqe_evaluate_style_yiq', 'niqe'],
  ['niqe_basicsr_ycbcr', 'niqe-basicsr'],
];

describe.each(cases)('$image', (golden) => {
  const file = ['images', golden.image];
  const skip = { skip: !hasGolden(...file) };
  const read = async (): Promise<Pixels> => fromRgb8(await decodePhoto(goldenPath(...file)));

  it(goldenTitle('has the features of the first block', ...file), skip, async () => {
    const features = imageFeatures(studioLuma(await read()), 'results');
    expect(features).toHaveLength(golden.blocks[0] * golden.blocks[1]);
    golden.first_block_scale1_features.forEach((expected, i) => {
      expect(Math.abs(features[0]![i]! - expected)).toBeLessThanOrEqual(FEATURE_TOLERANCE);
    });
  });

  it.each(Object.keys(VARIANTS) as Column[])(goldenTitle('%s', ...file), skip, async (column) => {
    const [luma, rounding] = VARIANTS[column];
    const pristine = await readPristine(shippedFile('niqe-pristine.safetensors'));
    const statistics = blockStatistics(imageFeatures(luma(await read()), rounding));
    const error = Math.abs(statisticsDistance(statistics!, pristine) - golden[column]);
    expect(error).toBeLessThanOrEqual(TOLERANCE);
  });

  it.each(REGISTERED)(goldenTitle('%s as %s', ...file), skip, async (column, name) => {
    const measure = await imageMetrics[name].load();
    expect(Math.abs((await measure.measure(await read())) - golden[column])).toBeLessThanOrEqual(TOLERANCE);
  });
});

it('has the gamma function', () => {
  for (let n = 1, factorial = 1; n < 20; factorial *= n++) expect(gamma(n) / factorial).toBeCloseTo(1, 13);
  expect(gamma(0.5)).toBeCloseTo(Math.sqrt(Math.PI), 13);
});

it('finds the parameters of distributions', () => {
  const random = new CountedRandom({ seed: 1, purpose: 'test', iteration: 0, sample: 0 });
  // A normal distribution has shape 2 and scale sqrt(2) deviations; the right half is three times as wide, and as likely.
  const sample = Float64Array.from({ length: 40_000 }, () => {
    const value = Math.abs(random.normal());
    return random.uniform() < 0.75 ? 3 * value : -value;
  });
  const fit = fitAsymmetricGaussian(sample);
  expect(fit.alpha).toBeCloseTo(2, 1);
  expect(fit.left / Math.SQRT2).toBeCloseTo(1, 1);
  expect(fit.right / fit.left).toBeCloseTo(3, 1);
});

it('names images that are too small or have no contrast', async () => {
  const measure = await imageMetrics.niqe.load();
  const grey = (height: number, width: number): Pixels => {
    return { height, width, data: new Float32Array(height * width * 3).fill(128 / 255) };
  };
  const attempt = async (image: Pixels): Promise<number> => measure.measure(image);
  await expect(attempt(grey(95, 300))).rejects.toThrow(/too small.*96x96.*300x95/);
  await expect(attempt(grey(192, 192))).rejects.toThrow('two blocks of 96x96 with contrast');
});
