/** @file Random numbers of one noise stage. */
import type { RealEsrganConfig } from '../../config/sections/degradation.js';
import type { CountedRandom } from '../../random/counted.js';

/**
 * What a noise stage draws for a batch. A sample has either noise of its own in each channel (`colour`) or one field
 * for the three (`grey`); the field it does not have is absent.
 */
export interface NoiseDraws {
  /** `counts`: Poisson counts that are known already, as in recorded runs; `poisson`: they follow from uniforms. */
  readonly kind: 'gaussian' | 'poisson' | 'counts';
  /** Side of the image, pixels. */
  readonly side: number;
  /** Gaussian: standard deviation in 8-bit levels; Poisson: factor of the noise. One for each sample. */
  readonly level: readonly number[];
  /** Whether a sample's noise is equal in the three channels. */
  readonly isGrey: readonly boolean[];
  /** [side, side, 3] for each sample: standard normals; Poisson: uniforms in (0, 1). */
  readonly colour: readonly (Float32Array | undefined)[];
  /** [side, side], the same kinds of numbers: Gaussian: one that the whole batch shares; Poisson: one for each sample. */
  readonly grey: readonly (Float32Array | undefined)[];
}

/** Streams of one stage: two for each sample and one of the batch. */
export interface NoiseStreams {
  readonly levels: readonly CountedRandom[];
  readonly fields: readonly CountedRandom[];
  readonly shared: CountedRandom;
}

/** Uniforms are the centres of so many equal parts of (0, 1): float32 holds them exactly. */
const PARTS = 2 ** 24;

function fillUniform(out: Float32Array, random: CountedRandom): Float32Array {
  for (let i = 0; i < out.length; i++) out[i] = ((random.uint32() >>> 8) + 0.5) / PARTS;
  return out;
}

/** Draws levels, grey flags and the fields that they need. */
export function drawNoise(
  config: RealEsrganConfig['first'],
  gaussian: boolean,
  side: number,
  { levels, fields, shared }: NoiseStreams,
): NoiseDraws {
  const range = gaussian ? config.noiseRange : config.poissonScaleRange;
  const drawn = levels.map((random) => ({
    level: random.uniform(...range),
    grey: random.uniform() < config.grayNoiseProb,
  }));
  const isGrey = drawn.map(({ grey }) => grey);
  const fill = (random: CountedRandom, size: number): Float32Array =>
    gaussian ? random.fillNormal(new Float32Array(size)) : fillUniform(new Float32Array(size), random);
  const sharedField = gaussian && isGrey.includes(true) ? fill(shared, side ** 2) : undefined;
  return {
    kind: gaussian ? 'gaussian' : 'poisson',
    side,
    level: drawn.map(({ level }) => level),
    isGrey,
    colour: fields.map((random, i) => (isGrey[i] ? undefined : fill(random, 3 * side ** 2))),
    grey: gaussian ? [sharedField] : fields.map((random, i) => (isGrey[i] ? fill(random, side ** 2) : undefined)),
  };
}
