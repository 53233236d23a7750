/** @file Evaluation: means over images with confidence intervals, and whether two models differ by more than chance. */
import { CountedRandom } from '../random/counted.js';

/** Most resamples of the bootstrap, and most random sign flips. */
const MOST_RESAMPLES = 10_000;
/** Fewest, however many images there are. */
const LEAST_RESAMPLES = 1000;
/** Draws that the bootstrap may take in all: more images mean fewer resamples, and need fewer. */
const DRAWS = 2_000_000;
/** Up to this many images all sign flips are gone through. */
const EXACT_UP_TO = 13;
/** Sums of flipped differences this near to the observed one, relatively, count as equal to it. */
const ROUNDING = 1e-12;

/** A mean with the ends of its 95 % confidence interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Arithmetic mean. @param values At least one. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Resamples of the same images for every metric and model of an evaluation, so that their intervals belong together. */
export class Bootstrap {
  /** Which image each draw takes: [resamples, count]. */
  private readonly indices: Uint32Array;
  readonly resamples: number;

  /**
   * @param count Images, >= 1.
   * @param seed Integer in [0, 2^32): the same seed gives the same intervals.
   */
  constructor(
    private readonly count: number,
    seed: number,
  ) {
    this.resamples = Math.min(MOST_RESAMPLES, Math.max(LEAST_RESAMPLES, Math.round(DRAWS / count)));
    const random = new CountedRandom({ seed, purpose: 'bootstrap' });
    this.indices = Uint32Array.from({ length: this.resamples * count }, () => random.integer(count));
  }

  /**
   * Mean over images with its percentile interval (Efron and Tibshirani, 1993, chapter 13): the 2.5 % and 97.5 % quantiles
   * of the means of images drawn with replacement. For one image, the interval is its value.
   * @param values One for each image.
   */
  estimate(values: readonly number[]): Estimate {
    const { count, resamples } = this;
    if (values.length !== count) throw new Error(`${values.length} values for ${count} images`);
    const means = Float64Array.from({ length: resamples }, (_, resample) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += values[this.indices[resample * count + i]!]!;
      return sum / count;
    }).sort();
    return { mean: meanOf(values), low: quantile(means, 0.025), high: quantile(means, 0.975) };
  }
}

/** Quantile of ascending values, interpolated between neighbours. */
function quantile(ascending: Float64Array, share: number): number {
  const place = share * (ascending.length - 1);
  const below = ascending[Math.floor(place)]!;
  const above = ascending[Math.ceil(place)]!;
  return below === above ? below : below + (above - below) * (place - Math.floor(place));
}

/**
 * Two-sided p-value of the paired sign-flip permutation test (Fisher, 1935): the share of all ways to exchange the two models
 * image by image whose mean difference is at least as far from zero as the observed one. All ways up to 13 images; for more,
 * 10,000 random ones with the observed one among them.
 * @param differences One for each image; values that are not finite make the answer NaN.
 * @returns In (0, 1].
 */
export function signFlipTest(differences: readonly number[], seed: number): number {
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  if (!Number.isFinite(observed)) return NaN;
  const size = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const counts = (sum: number): boolean => Math.abs(sum) >= observed - ROUNDING * size;
  const { length } = differences;
  if (length <= EXACT_UP_TO) {
    let extreme = 0;
    for (let flips = 0; flips < 2 ** length; flips++) {
      if (counts(differences.reduce((sum, value, i) => (flips & (1 << i) ? sum - value : sum + value), 0))) extreme++;
    }
    return extreme / 2 ** length;
  }
  const random = new CountedRandom({ seed, purpose: 'sign flips' });
  let extreme = 1;
  for (let draw = 1; draw < MOST_RESAMPLES; draw++) {
    let [sum, bits] = [0, 0];
    for (let i = 0; i < length; i++) {
      if (i % 32 === 0) bits = random.uint32();
      sum += (bits >>> (i % 32)) & 1 ? differences[i]! : -differences[i]!;
    }
    if (counts(sum)) extreme++;
  }
  return extreme / MOST_RESAMPLES;
}

/**
 * Holm's correction (1979) of p-values for having looked at all of them: the chance of a single false "different" among them
 * stays below what the corrected values are compared with.
 * @returns In the order of the input, in (0, 1]; NaN stays NaN and does not count.
 */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.flatMap((p, index) => (Number.isNaN(p) ? [] : [{ p, index }])).sort((a, b) => a.p - b.p);
  const corrected = pValues.map(() => NaN);
  let reached = 0;
  ascending.forEach(({ p, index }, rank) => {
    reached = Math.max(reached, Math.min(1, p * (ascending.length - rank)));
    corrected[index] = reached;
  });
  return corrected;
}
