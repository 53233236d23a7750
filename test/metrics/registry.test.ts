/** @file Every metric that needs no weights of the user's, through the registry: ideals, symmetry, errors, memory. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CompiledEngine } from '../../src/engine/compiled_engine.js';
import { tf } from '../../src/engine/tfjs.js';
import type { Pixels } from '../../src/images/pixels.js';
import type { ImageMetric, Measure } from '../../src/metrics/metric.js';
import { throughFile } from '../../src/metrics/planes.js';
import { imageMetrics } from '../../src/metrics/registry.js';
import { formulaUniform } from '../helpers/formula_weights.js';

/** Smooth colours with noise, as from an 8-bit file. */
function image(key: string, noise: number, height = 48, width = 56): Pixels {
  const random = formulaUniform(key, height * width * 3);
  const data = Float32Array.from(random, (u, i) => 0.5 + 0.3 * Math.sin(i / 37) + noise * u);
  return throughFile({ height, width, data });
}

const withoutGivenWeights = Object.entries<ImageMetric>(imageMetrics).filter(
  ([, { weights, needsReference }]) => (weights?.shipped ?? true) && needsReference,
);

describe.each(withoutGivenWeights)('%s', (_, metric) => {
  const [a, b, c] = [image('a', 0.1), image('b', 0.2), image('b', 0.5)];
  let measure: Measure;
  let before: number;
  beforeAll(async () => {
    before = tf.memory().numTensors;
    measure = await metric.load();
  });
  afterAll(() => {
    measure.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives its ideal for equal images', async () => {
    expect(await measure.measure(a, a)).toBeCloseTo(metric.ideal!, 6);
  });

  it('is better for the more similar image, and symmetric', async () => {
    const [near, far] = [await measure.measure(b, a), await measure.measure(c, a)];
    const sign = metric.direction === 'higher' ? 1 : -1;
    expect(sign * near).toBeGreaterThan(sign * far);
    expect(metric.symmetric).toBe(true);
    expect(await measure.measure(a, b)).toBeCloseTo(near, 6);
  });

  it('needs the reference, of the same size', async () => {
    const attempt = async (reference?: Pixels): Promise<number> => measure.measure(a, reference);
    await expect(attempt()).rejects.toThrow('reference');
    await expect(attempt(image('a', 0.1, 48, 48))).rejects.toThrow('different sizes');
  });
});

it('keeps no tensors, and a bounded number of graphs, over many images of different sizes', async () => {
  const engines = vi.spyOn(CompiledEngine.prototype, 'dispose');
  const before = tf.memory().numTensors;
  const measure = await imageMetrics['st-lpips-alex'].load();
  // More sizes than graphs are kept: engines come and go.
  for (let width = 32; width < 52; width++) {
    const [a, b] = [image('a', 0.1, 32, width), image('b', 0.1, 32, width)];
    const value = await measure.measure(a, b);
    expect(value).toBeGreaterThan(0);
    if (width === 32) expect(await measure.measure(a, b)).toBe(value);
  }
  expect(engines).toHaveBeenCalledTimes(1);
  measure.dispose();
  expect(engines).toHaveBeenCalledTimes(2);
  engines.mockRestore();
  expect(tf.memory().numTensors).toBe(before);
});

it('names missing weights, and images too small and too large', async () => {
  await expect(imageMetrics['lpips-alex'].load()).rejects.toThrow(/needs weights.*alexnet/);
  const tiny = image('a', 0.1, 16, 40);
  const measure = await imageMetrics['st-lpips-alex'].load();
  await expect(measure.measure(tiny, tiny)).rejects.toThrow(/too small.*32x32.*40x16/);
  const large = { height: 5000, width: 1001, data: new Float32Array(0) };
  await expect(measure.measure(large, large)).rejects.toThrow(/too large.*5.0 megapixels.*1001x5000/);
  measure.dispose();
});

it('has SSIM in bands as it is without', async () => {
  // 200 rows are four bands; the mean over the windows of parts is the mean over all.
  const [a, b] = [image('a', 0.1, 200, 24), image('b', 0.3, 200, 24)];
  const part = (whole: Pixels, from: number, rows: number): Pixels => {
    return { height: rows, width: 24, data: whole.data.subarray(from * 72, (from + rows) * 72) };
  };
  const measure = await imageMetrics['ssim-trainer-rgb'].load();
  const upper = await measure.measure(part(a, 0, 110), part(b, 0, 110));
  const lower = await measure.measure(part(a, 100, 100), part(b, 100, 100));
  expect(await measure.measure(a, b)).toBeCloseTo((100 * upper + 90 * lower) / 190, 12);
});
