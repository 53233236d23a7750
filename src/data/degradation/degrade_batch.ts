/** @file From HR images and draws to training pairs. */
import type { DataConfig } from '../../config/schema.js';
import type { RealEsrganConfig } from '../../config/sections/degradation.js';
import type { Engine } from '../../engine/types.js';
import type { PairBatch, UndegradedBatch } from '../batch_maker.js';
import { DegradationPipeline } from './pipeline.js';
import { degradationSides } from './sides.js';

/** Makes LQ images of batches on the device. */
export class BatchDegrader {
  private constructor(private readonly pipeline: DegradationPipeline) {}

  /**
   * @param data section `data`
   * @param samples images of a batch
   */
  static async create(
    engine: Engine,
    data: Pick<DataConfig, 'rescale' | 'cropPad' | 'gtSize' | 'scale'>,
    degradation: RealEsrganConfig,
    samples: number,
  ): Promise<BatchDegrader> {
    const sides = degradationSides(data, degradation);
    return new BatchDegrader(await DegradationPipeline.create(engine, degradation, sides, samples));
  }

  /**
   * Degrades a batch. A pair with an LQ image that is not finite gives its place to the next one that is.
   * @throws Error if no image is finite
   */
  async degrade({ hr, names, draws }: UndegradedBatch): Promise<PairBatch> {
    const degraded = await this.pipeline.degrade(hr, draws);
    const pairs = { hr: signed(degraded.hr), lq: signed(degraded.lq) };
    return { ...withoutBroken(pairs, draws.samples), names, draws };
  }
}

/** [0, 1] to [-1, 1]. */
const signed = (values: Float32Array): Float32Array => values.map((value) => value * 2 - 1);

interface Pairs {
  readonly hr: Float32Array;
  readonly lq: Float32Array;
}

/** Puts whole pairs in the place of those with an LQ value that is not finite, in place. */
export function withoutBroken({ hr, lq }: Pairs, samples: number): Pairs {
  const sizes = [hr, lq].map((images) => images.length / samples) as [number, number];
  const image = (images: Float32Array, size: number, sample: number): Float32Array =>
    images.subarray(sample * size, (sample + 1) * size);
  const whole = Array.from({ length: samples }, (_, i) => image(lq, sizes[1], i).every(Number.isFinite));
  if (!whole.includes(true)) throw new Error('the degradation gave no finite image');
  for (let i = 0; i < samples; i++) {
    if (whole[i]) continue;
    let from = i;
    while (!whole[from]) from = (from + 1) % samples;
    [hr, lq].forEach((images, k) => {
      image(images, sizes[k]!, i).set(image(images, sizes[k]!, from));
    });
  }
  return { hr, lq };
}
