/** @file From HR images and draws to training pairs. */
import { degradationSides } from '../../config/degradation_sides.js';
import type { DataConfig } from '../../config/schema.js';
import type { RealEsrganConfig } from '../../config/sections/degradation.js';
import { createEngine, type EngineOptions } from '../../engine/engine.js';
import type { Engine } from '../../engine/types.js';
import type { PairBatch, UndegradedBatch } from '../batch_maker.js';
import { DegradationPipeline } from './pipeline.js';

/**
 * Makes LQ images of batches on the device.
 *
 * With an engine of its own: programs are compiled as their sizes come up, which takes the longer the more a graph holds.
 */
export class BatchDegrader {
  private running: Promise<unknown> = Promise.resolve();
  private closed = false;

  private constructor(
    private readonly engine: Engine,
    private readonly pipeline: DegradationPipeline,
  ) {}

  /**
   * @param data section `data`
   * @param samples images of a batch
   */
  static async create(
    options: EngineOptions,
    data: Pick<DataConfig, 'rescale' | 'cropPad' | 'gtSize' | 'scale'>,
    degradation: RealEsrganConfig,
    samples: number,
  ): Promise<BatchDegrader> {
    const sides = degradationSides(data, degradation);
    const engine = createEngine(options);
    return new BatchDegrader(engine, await DegradationPipeline.create(engine, degradation, sides, samples));
  }

  /**
   * Degrades a batch; one at a time. A pair with an LQ image that is not finite gives its place to the next one that is.
   * @throws Error if no image is finite, or after {@link close}
   */
  async degrade({ hr, names, draws }: UndegradedBatch): Promise<PairBatch> {
    if (this.closed) throw new Error('the degradation is closed');
    const running = this.pipeline.degrade(hr, draws);
    this.running = running;
    const degraded = await running;
    const pairs = { hr: signed(degraded.hr), lq: signed(degraded.lq) };
    return { ...withoutBroken(pairs, draws.samples), names, draws };
  }

  /** Lets the batch that is being degraded come to its end, then gives the engine up. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running.catch(() => undefined);
    this.engine.dispose();
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
