/**
 * @file Everything random of one degraded batch as plain data, and how it is drawn: a function of (seed, batch index).
 *
 * Each kind of draw is a stream of its own (docs/degradation.md lists them), so that none depends on how many numbers
 * another one took.
 */
import { firstSide, secondSide, type DegradationSides } from '../../config/degradation_sides.js';
import type { RealEsrganConfig } from '../../config/sections/degradation.js';
import type { ResizeFilter } from '../../images/taps.js';
import { CountedRandom } from '../../random/counted.js';
import { drawFinalSinc, drawKernel, kernelValues, type KernelChoice } from './kernel_draw.js';
import { drawNoise, type NoiseDraws } from './noise_draws.js';
import { weightedIndex } from './weighted_index.js';

/** A resize, the same one for the whole batch. */
export interface ResizeDraw {
  readonly direction: 'up' | 'down' | 'keep';
  readonly factor: number;
  readonly filter: ResizeFilter;
}

/** Kernels of the samples: their values [B, side, side], and what they were drawn as (empty if they were given). */
export interface KernelDraws {
  readonly side: number;
  readonly values: Float32Array;
  readonly choices: readonly KernelChoice[];
}

/** What is random in one batch. Draws "of the batch" are single values, draws of samples arrays of B. */
export interface DegradationDraws {
  readonly samples: number;
  readonly kernels: Readonly<Record<'first' | 'second' | 'final', KernelDraws>>;
  readonly first: { readonly resize: ResizeDraw; readonly noise: NoiseDraws; readonly quality: readonly number[] };
  /** Absent: the batch has no second pass. */
  readonly second?: { readonly blur: boolean; readonly resize: ResizeDraw; readonly noise: NoiseDraws };
  readonly final: {
    /** Whether the last JPEG comes before the last resize and filter. */
    readonly jpegFirst: boolean;
    readonly filter: ResizeFilter;
    readonly quality: readonly number[];
  };
  /** Upper left corner of the crop, LQ pixels. */
  readonly crop: { readonly top: number; readonly left: number };
}

/** Which batch. */
export interface BatchKey {
  readonly seed: number;
  /** What the batch is for, the beginning of every purpose: `degradation` for training. */
  readonly purpose: string;
  readonly index: number;
  /** Images of the batch, and the number of the first one where several processes make a batch together. */
  readonly samples: number;
  readonly first?: number;
}

const FILTERS = ['area', 'bilinear', 'bicubic'] as const;
const DIRECTIONS = ['up', 'down', 'keep'] as const;

type PassConfig = RealEsrganConfig['first'];

function drawFilter(random: CountedRandom): ResizeFilter {
  return FILTERS[random.integer(FILTERS.length)]!;
}

function drawResize({ resizeProb, resizeRange: [lo, hi] }: PassConfig, random: CountedRandom): ResizeDraw {
  const direction = DIRECTIONS[weightedIndex(resizeProb, random)]!;
  const position = random.uniform();
  const factor = direction === 'up' ? 1 + position * (hi - 1) : direction === 'down' ? lo + position * (1 - lo) : 1;
  return { direction, factor, filter: drawFilter(random) };
}

/** The draws of the batch as a whole, each taken whether it matters or not. */
function drawCoins(config: RealEsrganConfig, { hr, crop, factor }: DegradationSides, random: CountedRandom) {
  const gaussian = (pass: PassConfig): boolean => random.uniform() < pass.gaussianNoiseProb;
  const places = (hr - crop) / factor + 1;
  return {
    first: { resize: drawResize(config.first, random), gaussian: gaussian(config.first) },
    secondOrder: random.uniform() < config.secondOrderProb,
    blur: random.uniform() < config.secondBlurProb,
    second: { resize: drawResize(config.second, random), gaussian: gaussian(config.second) },
    jpegFirst: random.uniform() >= 0.5,
    filter: drawFilter(random),
    crop: { top: random.integer(places), left: random.integer(places) },
  };
}

function drawKernels(
  side: number,
  streams: readonly CountedRandom[],
  draw: (random: CountedRandom) => KernelChoice,
): KernelDraws {
  const choices = streams.map(draw);
  const values = new Float32Array(choices.length * side * side);
  choices.forEach((choice, i) => {
    values.set(kernelValues(choice, side), i * side * side);
  });
  return { side, values, choices };
}

/** Draws all that is random in a batch. */
export function drawDegradation(config: RealEsrganConfig, sides: DegradationSides, key: BatchKey): DegradationDraws {
  const { seed, index: iteration, samples, first: start = 0 } = key;
  const stream = (what: string, sample?: number): CountedRandom =>
    new CountedRandom({ seed, purpose: `${key.purpose}/${what}`, iteration, sample });
  const streams = (what: string): CountedRandom[] =>
    Array.from({ length: samples }, (_, sample) => stream(what, start + sample));
  const coins = drawCoins(config, sides, stream('batch'));
  const noise = (pass: 'first' | 'second', side: number): NoiseDraws =>
    drawNoise(config[pass], coins[pass].gaussian, side, {
      levels: streams(`${pass} noise level`),
      fields: streams(`${pass} noise`),
      shared: stream(`${pass} grey noise`),
    });
  const quality = (pass: 'first' | 'second'): number[] =>
    streams(`${pass} jpeg`).map((random) => random.uniform(...config[pass].jpegRange));
  const { first, second } = config;
  return {
    samples,
    kernels: {
      first: drawKernels(first.kernelSize, streams('first kernel'), (random) => drawKernel(first, random)),
      second: drawKernels(second.kernelSize, streams('second kernel'), (random) => drawKernel(second, random)),
      final: drawKernels(second.kernelSize, streams('final kernel'), (random) =>
        drawFinalSinc(config.finalSincProb, second.kernelSize, random),
      ),
    },
    first: {
      resize: coins.first.resize,
      noise: noise('first', firstSide(sides, coins.first.resize)),
      quality: quality('first'),
    },
    ...(coins.secondOrder
      ? {
          second: {
            blur: coins.blur,
            resize: coins.second.resize,
            noise: noise('second', secondSide(sides, coins.second.resize)),
          },
        }
      : {}),
    final: { jpegFirst: coins.jpegFirst, filter: coins.filter, quality: quality('second') },
    crop: coins.crop,
  };
}

/** Memory of the draws that can be handed to another thread without a copy. */
export function drawBuffers({ kernels, first, second }: DegradationDraws): ArrayBuffer[] {
  const fields = [first.noise, second?.noise].flatMap((noise) => (noise ? [...noise.colour, ...noise.grey] : []));
  return [...Object.values(kernels).map(({ values }) => values), ...fields].flatMap((array) =>
    array ? [array.buffer as ArrayBuffer] : [],
  );
}
