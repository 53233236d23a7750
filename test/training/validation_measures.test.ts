/** @file Metrics that a run's validation is asked for: loaded by name, tried before the training, measured as files would be. */
import { describe, expect, it } from 'vitest';
import { runSchema } from '../../src/config/schema.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { imageMetrics } from '../../src/metrics/registry.js';
import { ValidationMeasures } from '../../src/training/validation_measures.js';
import { fidelity } from '../../src/training/validation_metrics.js';

/** A picture in [-1,1] with structure at all sizes. */
const picture = (height: number, width: number): HostArray => ({
  shape: [1, height, width, 3],
  data: Float32Array.from(
    { length: height * width * 3 },
    (_, i) => 0.9 * Math.sin(i * i * 1e-5) * Math.cos(i / (width * 17)),
  ),
});
const darker = ({ shape, data }: HostArray): HostArray => ({ shape, data: data.map((v) => 0.7 * v - 0.2) });
const trainConfig = (train: object) => runSchema.parse({ train }).train;

async function withMeasures<T>(train: object, use: (measures: ValidationMeasures) => Promise<T>): Promise<T> {
  const measures = await ValidationMeasures.load(trainConfig(train));
  try {
    return await use(measures);
  } finally {
    measures.dispose();
  }
}

describe('metrics of a validation', () => {
  it('are fidelity alone unless more are named', async () => {
    const [truth, restored] = [picture(32, 32), darker(picture(32, 32))];
    await withMeasures({}, async (measures) => {
      await measures.tryOn(picture(4, 4));
      expect(await measures.measure(truth, restored)).toEqual(fidelity(truth, restored));
    });
  });

  it('are those of the registry, of images as 8-bit files hold them', async () => {
    const [truth, restored] = [picture(192, 208), darker(picture(192, 208))];
    await withMeasures({ validationMetrics: ['st-lpips-alex', 'niqe'] }, async (measures) => {
      await measures.tryOn(truth);
      const same = await measures.measure(truth, truth);
      expect(same['st-lpips-alex']).toBe(0);
      const { 'st-lpips-alex': distance, niqe, ...rest } = await measures.measure(truth, restored);
      expect(rest).toEqual(fidelity(truth, restored));
      const unit = (image: HostArray) => ({
        ...{ height: 192, width: 208 },
        data: image.data.map((v) => Math.round((v / 2 + 0.5) * 255) / 255) as Float32Array,
      });
      const [lpips, naturalness] = [await imageMetrics['st-lpips-alex'].load(), await imageMetrics.niqe.load()];
      expect(distance).toBeCloseTo(await lpips.measure(unit(restored), unit(truth)), 5);
      expect(niqe).toBeCloseTo(await naturalness.measure(unit(restored)), 3);
      expect(distance).toBeGreaterThan(0);
      lpips.dispose();
    });
  });

  it('that do not fit the held-out images are refused before the training', async () => {
    await withMeasures({ validationMetrics: ['niqe'] }, async (measures) => {
      await expect(measures.tryOn(picture(64, 64))).rejects.toThrow(
        /train\.validationMetrics: the first held-out image cannot be measured: .*NIQE.*data\.gtSize/,
      );
    });
  });

  it('need their weights to fit', async () => {
    const metricWeights = { dists: 'models/st-lpips-alex.safetensors' };
    const train = trainConfig({ validationMetrics: ['niqe', 'dists'], metricWeights });
    await expect(ValidationMeasures.load(train)).rejects.toThrow(/st-lpips-alex\.safetensors/);
  });
});

it('every metric that a run file may name exists, and names its weights where it needs any', () => {
  const { validationMetrics, metricWeights } = runSchema.shape.train.unwrap().shape;
  const offered = validationMetrics.unwrap().element.options;
  expect(Object.keys(imageMetrics)).toEqual(expect.arrayContaining([...offered]));
  const weighted = offered.filter((name) => imageMetrics[name].weights);
  expect(Object.keys(metricWeights.unwrap().shape).sort()).toEqual(weighted.sort());
});
