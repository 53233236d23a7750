/** @file The second-order degradation of a batch: which stage comes when, with which of the batch's draws. */
import type { DegradationSides } from '../../config/degradation_sides.js';
import type { RealEsrganConfig } from '../../config/sections/degradation.js';
import type { HostArray } from '../../engine/host_array.js';
import type { Engine } from '../../engine/types.js';
import { CHANNELS } from '../../images/pixels.js';
import { resizeTaps, type ResizeFilter } from '../../images/taps.js';
import type { DegradationDraws, KernelDraws } from './draws.js';
import { sampleOf } from './host_planes.js';
import { jpegByCodec } from './jpeg_codec.js';
import { JPEG_UNIT, quantisationFactor } from './jpeg_simulated.js';
import type { NoiseDraws } from './noise_draws.js';
import { noiseFeeds } from './noise_feeds.js';
import { reflectionMatrix, tapMatrix } from './resample_matrix.js';
import { DegradationStages } from './stages.js';

/** Most samples that go through the stages together; a batch of more goes in equal parts. */
const MOST_SAMPLES = 8;

/** HR and LQ images of a batch. */
export interface DegradedBatch {
  /** [B, crop, crop, 3] in [0, 1]; sharpened if so configured. */
  readonly hr: Float32Array;
  /** [B, side, side, 3] in [0, 1]: whole 255ths. */
  readonly lq: Float32Array;
}

/** Some samples between two stages: images of `side` in the corner of a canvas. */
interface Stage {
  readonly planes: HostArray;
  readonly canvas: number;
  readonly side: number;
}

const toUnit = (side: number): number => Math.ceil(side / JPEG_UNIT) * JPEG_UNIT;

/** Degrades batches of HR images as their draws say. */
export class DegradationPipeline {
  private constructor(
    private readonly config: RealEsrganConfig,
    private readonly sides: DegradationSides,
    private readonly stages: DegradationStages,
    /** Samples that go together. */
    private readonly part: number,
    /** Canvases of images after the first resize, smallest first. */
    private readonly canvases: readonly number[],
    private readonly secondCanvas: number,
  ) {}

  /**
   * Stages are traced when they are first needed.
   * @param samples B, images of a batch
   */
  static async create(
    engine: Engine,
    config: RealEsrganConfig,
    sides: DegradationSides,
    samples: number,
  ): Promise<DegradationPipeline> {
    const part = partSize(samples);
    const stages = await DegradationStages.create(engine, part);
    const largest = (side: number, { resizeRange }: RealEsrganConfig['first']): number =>
      toUnit(Math.floor(side * resizeRange[1]));
    const canvases = [toUnit(sides.hr / 2), toUnit(sides.hr), largest(sides.hr, config.first)];
    const second = largest(sides.hr / sides.factor, config.second);
    return new DegradationPipeline(config, sides, stages, part, canvases, second);
  }

  /**
   * Degrades a batch.
   * @param hr [B, hr side, hr side, 3] in [0, 1]
   */
  async degrade(hr: Float32Array, draws: DegradationDraws): Promise<DegradedBatch> {
    const { factor, crop } = this.sides;
    const lqSide = crop / (this.config.resizeBack === null ? factor : 1);
    const out = {
      hr: new Float32Array(draws.samples * crop * crop * CHANNELS),
      lq: new Float32Array(draws.samples * lqSide * lqSide * CHANNELS),
    };
    for (let first = 0; first < draws.samples; first += this.part) {
      const { clean, degraded } = await this.degradePart(hr, draws, first);
      const scale = crop / lqSide;
      const [top, left] = [draws.crop.top, draws.crop.left].map((place) => (place * factor) / scale) as [
        number,
        number,
      ];
      for (let i = 0; i < this.part; i++) {
        const hrImage = sampleOf(clean, i, crop, draws.crop.top * factor, draws.crop.left * factor);
        out.hr.set(hrImage.data, (first + i) * hrImage.data.length);
        const lqImage = sampleOf(degraded, i, lqSide, top, left);
        out.lq.set(quantised(lqImage.data), (first + i) * lqImage.data.length);
      }
    }
    return out;
  }

  private async degradePart(
    hr: Float32Array,
    draws: DegradationDraws,
    first: number,
  ): Promise<{ clean: HostArray; degraded: HostArray }> {
    const { hr: side, factor } = this.sides;
    const size = side * side * CHANNELS;
    const images = {
      shape: [this.part, side, side, CHANNELS],
      data: hr.subarray(first * size, (first + this.part) * size),
    };
    const { planes: clean } = await this.stages.load(side, this.config.sharpen).run({ images });
    const lqSide = side / factor;
    let stage = await this.firstPass({ planes: clean!, canvas: side, side }, draws, first);
    if (draws.second) stage = await this.secondPass(stage, draws, first);
    const reduce = async (from: Stage): Promise<Stage> =>
      this.blur(await this.resize(from, lqSide, draws.final.filter), draws.kernels.final, first);
    const code = (from: Stage): Promise<Stage> => this.jpeg(from, draws.final.quality, first);
    stage = draws.final.jpegFirst ? await reduce(await code(stage)) : await code(await reduce(stage));
    if (this.config.resizeBack !== null) stage = await this.resize(stage, side, 'bicubic');
    return { clean: clean!, degraded: stage.planes };
  }

  /** Blur, resize by a factor, noise, JPEG. */
  private async firstPass(from: Stage, { kernels, first }: DegradationDraws, sample: number): Promise<Stage> {
    const blurred = await this.blur(from, kernels.first, sample);
    const { filter, factor } = first.resize;
    const canvas = this.canvases.find((candidate) => candidate >= first.noise.side)!;
    const noisy = await this.resizeAndNoise(blurred, canvas, { filter, ratio: 1 / factor }, first.noise, sample);
    return this.jpeg(noisy, first.quality, sample);
  }

  /** Blur or none, resize to a multiple of the side of LQ, noise. */
  private async secondPass(from: Stage, { kernels, second }: DegradationDraws, sample: number): Promise<Stage> {
    const { blur, resize, noise } = second!;
    const blurred = blur ? await this.blur(from, kernels.second, sample) : from;
    const { filter } = resize;
    return this.resizeAndNoise(blurred, this.secondCanvas, { filter, ratio: from.side / noise.side }, noise, sample);
  }

  private async blur({ planes, canvas, side }: Stage, kernels: KernelDraws, first: number): Promise<Stage> {
    const area = kernels.side ** 2;
    const { planes: blurred } = await this.stages.blur(canvas, kernels.side).run({
      planes,
      reflection: reflectionMatrix(side, canvas, (kernels.side - 1) / 2),
      kernels: {
        shape: [this.part, kernels.side, kernels.side],
        data: kernels.values.subarray(first * area, (first + this.part) * area),
      },
    });
    return { planes: blurred!, canvas, side };
  }

  private async resizeAndNoise(
    { planes, canvas: from, side }: Stage,
    canvas: number,
    { filter, ratio }: { readonly filter: ResizeFilter; readonly ratio: number },
    noise: NoiseDraws,
    first: number,
  ): Promise<Stage> {
    const matrix = tapMatrix(resizeTaps(filter, side, noise.side, ratio), canvas, from);
    const { planes: noisy } = await this.stages
      .resizeAndNoise(from, canvas, noise.kind)
      .run({ planes, matrix, ...noiseFeeds(noise, first, this.part, canvas) });
    return { planes: noisy!, canvas, side: noise.side };
  }

  private async resize({ planes, canvas, side }: Stage, to: number, filter: ResizeFilter): Promise<Stage> {
    const matrix = tapMatrix(resizeTaps(filter, side, to), to, canvas);
    const { planes: resized } = await this.stages.resize(canvas, to).run({ planes, matrix });
    return { planes: resized!, canvas: to, side: to };
  }

  private async jpeg({ planes, canvas, side }: Stage, qualities: readonly number[], first: number): Promise<Stage> {
    const own = qualities.slice(first, first + this.part);
    if (this.config.jpeg === 'codec') return { planes: await jpegByCodec(planes, side, own), canvas, side };
    const factors = { shape: [this.part], data: Float32Array.from(own, quantisationFactor) };
    const { planes: coded } = await this.stages.jpeg(canvas).run({ planes, factors });
    return { planes: coded!, canvas, side };
  }
}

/** Samples that go through the stages together: the largest divisor of a batch that is not too large. */
export function partSize(samples: number): number {
  for (let part = Math.min(samples, MOST_SAMPLES); ; part--) if (samples % part === 0) return part;
}

/** Rounds to whole 255ths in [0, 1], halves to even; NaN stays. */
function quantised(values: Float32Array): Float32Array {
  return values.map((value) => {
    const level = Math.fround(value * 255);
    const rounded = Math.round(level);
    const even = rounded - level === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
    return Math.min(Math.max(even, 0), 255) / 255;
  });
}
