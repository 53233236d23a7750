/** @file Which kernels a sample gets: drawn by the configured probabilities. */
import type { RealEsrganConfig } from '../../config/sections/degradation.js';
import type { CountedRandom } from '../../random/counted.js';
import { blurKernel, padded, type BlurShape } from './kernels.js';
import { sincKernel } from './sinc.js';
import { weightedIndex } from './weighted_index.js';

/** A drawn kernel before its values are computed. */
export type KernelChoice =
  | ({ readonly kind: 'blur'; readonly size: number } & BlurShape)
  | { readonly kind: 'sinc'; readonly size: number; readonly cutoff: number }
  | { readonly kind: 'none' };

/** Keys of a pass that shape its kernels. */
export type KernelConfig = Pick<
  RealEsrganConfig['first'],
  'kernelSize' | 'kernelList' | 'kernelProb' | 'sincProb' | 'blurSigma' | 'betagRange' | 'betapRange'
>;

/** From this size on a sinc filter's cutoff may be lower. */
const LARGE_SINC = 13;

/** An odd number from 3 up to and excluding `limit`. */
function drawSize(limit: number, random: CountedRandom): number {
  return 3 + 2 * random.integer(Math.max((limit - 3) / 2, 1));
}

/** From [lo, 1] and [1, hi] with equal probability. */
function drawExponent([lo, hi]: readonly [number, number], random: CountedRandom): number {
  return random.uniform() < 0.5 ? random.uniform(lo, 1) : random.uniform(1, hi);
}

/** Draws the kernel of a pass for one sample: a sinc filter or one of the blur families. */
export function drawKernel(config: KernelConfig, random: CountedRandom): KernelChoice {
  const size = drawSize(config.kernelSize, random);
  if (random.uniform() < config.sincProb) {
    return { kind: 'sinc', size, cutoff: random.uniform(size < LARGE_SINC ? Math.PI / 3 : Math.PI / 5, Math.PI) };
  }
  const family = config.kernelList[weightedIndex(config.kernelProb, random)]!;
  const sigmaX = random.uniform(...config.blurSigma);
  const sigmaY = random.uniform(...config.blurSigma);
  const theta = random.uniform(-Math.PI, Math.PI);
  const beta = drawExponent(family.startsWith('plateau') ? config.betapRange : config.betagRange, random);
  return { kind: 'blur', size, family, sigmaX, sigmaY, theta, beta };
}

/** Draws the filter at the end for one sample: a sinc filter or none. */
export function drawFinalSinc(probability: number, kernelSize: number, random: CountedRandom): KernelChoice {
  if (random.uniform() >= probability) return { kind: 'none' };
  const size = drawSize(kernelSize, random);
  return { kind: 'sinc', size, cutoff: random.uniform(Math.PI / 3, Math.PI) };
}

/**
 * Values of a drawn kernel.
 * @param side side that it is padded to
 * @returns [side, side], of sum 1
 */
export function kernelValues(choice: KernelChoice, side: number): Float64Array {
  switch (choice.kind) {
    case 'blur':
      return padded(blurKernel(choice, choice.size), side);
    case 'sinc':
      return padded(sincKernel(choice.cutoff, choice.size), side);
    case 'none':
      return padded(Float64Array.of(1), side);
  }
}
