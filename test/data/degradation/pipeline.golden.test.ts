/** @file Whole batches through the pipeline, every draw as recorded, against golden values; op by op and compiled. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { DegradationDraws, KernelDraws, ResizeDraw } from '../../../src/data/degradation/draws.js';
import type { NoiseDraws } from '../../../src/data/degradation/noise_draws.js';
import { DegradationPipeline } from '../../../src/data/degradation/pipeline.js';
import { createEngine } from '../../../src/engine/engine.js';
import type { HostArray } from '../../../src/engine/host_array.js';
import { tf } from '../../../src/engine/tfjs.js';
import type { ResizeFilter } from '../../../src/images/taps.js';
import { engineKinds } from '../../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../../helpers/golden.js';
import { goldenJson, goldenTensors, items, maxDifference } from '../../helpers/golden_tensors.js';
import { requireJpegTolerance } from '../../helpers/jpeg_tolerance.js';
import { realEsrganConfig } from '../../helpers/realesrgan.js';

/** Images are whole 255ths: equal but for the rounding of float32, except where a level was on the edge. */
const EXACT = 1e-6;

/** Draws of a case as the set has them, `first_...` and `second_...` for the two passes. */
interface RecordedDraws {
  readonly [key: string]: unknown;
  readonly second_order: boolean;
  readonly second_blur: boolean;
  readonly final_order: 'resize_sinc_then_jpeg' | 'jpeg_then_resize_sinc';
  readonly final_resize_mode: ResizeFilter;
  readonly first_jpeg_quality: number[];
  readonly final_jpeg_quality: number[];
  readonly crop_top_lq: number;
  readonly crop_left_lq: number;
  readonly sf: number;
  readonly use_sharp: boolean;
  readonly gt_patch: number;
}

interface Case {
  readonly name: string;
  readonly draws: RecordedDraws;
}

type Tensors = Readonly<Record<string, HostArray>>;

const FILE = ['degradation', 'pipeline.safetensors'] as const;

function kernels({ shape, data }: HostArray): KernelDraws {
  return { side: shape[1]!, values: data as Float32Array, choices: [] };
}

function resizeOf(draws: RecordedDraws, pass: 'first' | 'second'): ResizeDraw {
  return {
    direction: draws[`${pass}_resize_type`] as ResizeDraw['direction'],
    factor: draws[`${pass}_resize_scale`] as number,
    filter: draws[`${pass}_resize_mode`] as ResizeFilter,
  };
}

function noiseOf({ draws, name }: Case, pass: 'first' | 'second', tensors: Tensors): NoiseDraws {
  const gaussian = draws[`${pass}_noise_type`] === 'gaussian';
  const stored = (what: string): HostArray | undefined =>
    tensors[`${name}.draw.${pass}_${gaussian ? 'randn' : 'poisson'}_${what}`];
  const colour = stored('color')!;
  const grey = stored('gray');
  const isGrey = (draws[`${pass}_noise_gray`] as number[]).map(Boolean);
  const fields = (stack: HostArray): Float32Array[] => items(stack).map(({ data }) => data as Float32Array);
  return {
    kind: gaussian ? 'gaussian' : 'counts',
    side: colour.shape[1]!,
    level: draws[gaussian ? `${pass}_noise_sigma` : `${pass}_poisson_scale`] as number[],
    isGrey,
    colour: fields(colour),
    grey: !grey ? [] : gaussian ? [grey.data as Float32Array] : fields(grey),
  };
}

function drawsOf(recorded: Case, tensors: Tensors): DegradationDraws {
  const { name, draws } = recorded;
  return {
    samples: tensors[`${name}.gt`]!.shape[0]!,
    kernels: {
      first: kernels(tensors[`${name}.kernel1`]!),
      second: kernels(tensors[`${name}.kernel2`]!),
      final: kernels(tensors[`${name}.sinc_kernel`]!),
    },
    first: {
      resize: resizeOf(draws, 'first'),
      noise: noiseOf(recorded, 'first', tensors),
      quality: draws.first_jpeg_quality,
    },
    ...(draws.second_order
      ? {
          second: {
            blur: draws.second_blur,
            resize: resizeOf(draws, 'second'),
            noise: noiseOf(recorded, 'second', tensors),
          },
        }
      : {}),
    final: {
      jpegFirst: draws.final_order === 'jpeg_then_resize_sinc',
      filter: draws.final_resize_mode,
      quality: draws.final_jpeg_quality,
    },
    crop: { top: draws.crop_top_lq, left: draws.crop_left_lq },
  };
}

const { cases } = hasGolden(...FILE)
  ? goldenJson<{ cases: Case[] }>('degradation', 'pipeline.json')
  : { cases: [] as Case[] };

describe.skipIf(!hasGolden(...FILE)).each(engineKinds)(goldenTitle('pipeline, %s', ...FILE), (kind) => {
  let tensors: Tensors;
  beforeAll(async () => {
    tensors = await goldenTensors(...FILE);
  });

  it.each(cases)('$name', async (recorded) => {
    const { name, draws } = recorded;
    const before = tf.memory().numTensors;
    const engine = createEngine({ kind });
    try {
      const gt = tensors[`${name}.gt`]!;
      const [samples, side] = gt.shape as [number, number];
      const config = realEsrganConfig({ sharpen: draws.use_sharp });
      const sides = { hr: side, crop: draws.gt_patch, factor: draws.sf };
      const pipeline = await DegradationPipeline.create(engine, config, sides, samples);
      const { hr, lq } = await pipeline.degrade(gt.data as Float32Array, drawsOf(recorded, tensors));
      const inUnit = (array: HostArray): Float32Array => Float32Array.from(array.data, (v) => (v + 1) / 2);
      requireJpegTolerance(lq, inUnit(tensors[`${name}.out_lq`]!), EXACT);
      const cropped = { shape: [samples, draws.gt_patch, draws.gt_patch, 3], data: hr };
      const expected = tensors[`${name}.out_gt`]!;
      expect(maxDifference(cropped, { ...expected, data: inUnit(expected) })).toBeLessThanOrEqual(1e-5);
    } finally {
      engine.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
