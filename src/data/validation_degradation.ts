/** @file The run's degradation for held-out images: one at a time, the same for every run. */
import type { DataConfig } from '../config/schema.js';
import { createEngine } from '../engine/engine.js';
import { CHANNELS, type Pixels } from '../images/pixels.js';
import { CountedRandom } from '../random/counted.js';
import { createDegradation } from './degradation.js';
import { drawDegradation } from './degradation/draws.js';
import { DegradationPipeline } from './degradation/pipeline.js';

/** Validation does not follow the run's seed: scores of different runs are comparable. */
const SEED = 0;
const PURPOSE = 'validation degradation';

/** HR as the network shall learn it, and LQ, in [0, 1]. */
interface DegradedImage {
  readonly hr: Pixels;
  readonly lq: Pixels;
}

/** Degrades held-out images; to be closed. */
export interface ValidationDegradation {
  /** @param hr image `index` of the held-out ones: [gtSize, gtSize, 3] in [0, 1] */
  degrade(hr: Pixels, index: number): Promise<DegradedImage>;
  close(): void;
}

/** The degradation that the section `data` asks for. */
export async function openValidationDegradation(config: DataConfig): Promise<ValidationDegradation> {
  const { degradation, scale, gtSize } = config;
  if (degradation.kind !== 'realesrgan') {
    const degrade = createDegradation(degradation, scale);
    return {
      degrade: async (hr, sample) => {
        const random = new CountedRandom({ seed: SEED, purpose: PURPOSE, sample });
        return { hr, lq: await degrade(hr, random) };
      },
      close: () => undefined,
    };
  }
  // Op by op: every image has sizes of its own, and compiling would take longer than the work.
  const engine = createEngine({ kind: 'eager' });
  const sides = { hr: gtSize, crop: gtSize, factor: degradation.resizeBack ?? scale };
  const pipeline = await DegradationPipeline.create(engine, degradation, sides, 1);
  return {
    degrade: async (hr, index) => {
      const draws = drawDegradation(degradation, sides, { seed: SEED, purpose: PURPOSE, index, samples: 1 });
      const degraded = await pipeline.degrade(hr.data, draws);
      return { hr: square(degraded.hr), lq: square(degraded.lq) };
    },
    close: () => {
      engine.dispose();
    },
  };
}

function square(data: Float32Array): Pixels {
  const side = Math.sqrt(data.length / CHANNELS);
  return { height: side, width: side, data };
}
