/** @file Gaussian and Poisson noise on planes [H, W, B * 3], each sample with noise in colour or in grey. */
import { op } from '../../engine/op.js';
import { tf, type Tensor } from '../../engine/tfjs.js';
import { CHANNELS } from '../../images/pixels.js';
import { bySample, forPlanes } from './planes.js';

const LEVELS = 256;
/** Weights of red, green and blue in the luminance that grey Poisson noise is made of. */
const LUMINANCE = [0.2989, 0.587, 0.114];

/** Noise inputs. A sample's level is 0 for the kind that it does not have. */
export interface NoiseInputs {
  /** [H, W, B * 3]. */
  readonly colour: Tensor;
  /** Gaussian: [H, W], the same for all samples; Poisson: [H, W, B]. */
  readonly grey: Tensor;
  /** [B]; Gaussian: standard deviations of values in [0, 1]; Poisson: factors. */
  readonly colourLevel: Tensor;
  readonly greyLevel: Tensor;
  /** 1 where the image is on its canvas, else 0: [H, W, 1]. */
  readonly mask: Tensor;
}

/** Counts for the levels of an image; exponents of the power of two are [B] or [B * 3], broadcast over positions. */
export type CountSampler = (levels: Tensor, exponents: Tensor, random: Tensor) => Tensor;

const limited = (planes: Tensor, mask: Tensor): Tensor => tf.mul(tf.clipByValue(planes, 0, 1), mask);

/** image + level * normals, limited to [0, 1]. */
export function gaussianNoise(planes: Tensor, { colour, grey, colourLevel, greyLevel, mask }: NoiseInputs): Tensor {
  const shared = tf.mul(tf.expandDims(grey, -1), forPlanes(greyLevel));
  return limited(tf.add(planes, tf.add(tf.mul(colour, forPlanes(colourLevel)), shared)), mask);
}

/**
 * m of the power of two 2^m that each sample's number of distinct levels is rounded up to.
 * @param levels [H, W, B, c], whole numbers in [0, 255]
 * @returns [B], float32
 */
function distinctExponents(levels: Tensor, mask: Tensor): Tensor {
  const [height, width, samples, channels] = levels.shape as [number, number, number, number];
  const inside = tf.expandDims(mask, -1);
  // What lies outside the image gets a level that is not counted.
  const counted = tf.add(tf.mul(levels, inside), tf.mul(tf.sub(1, inside), LEVELS));
  const rows = tf.reshape(tf.transpose(counted, [2, 0, 1, 3]), [samples, height * width * channels]);
  const present = op('DenseBincount', [tf.cast(rows, 'int32'), tf.scalar(LEVELS, 'int32'), tf.tensor1d([])], {
    Tidx: { type: 'int32' },
    T: { type: 'float32' },
    binary_output: { bool: true },
  });
  const distinct = tf.sum(present, 1, true);
  const powers = tf.tensor2d([Array.from({ length: 8 }, (_, m) => 2 ** m)]);
  return tf.sum(tf.cast(tf.greater(distinct, powers), 'float32'), 1);
}

const toLevels = (values: Tensor): Tensor => tf.round(tf.mul(tf.clipByValue(values, 0, 1), LEVELS - 1));

/** counts / 2^m - level / 255: shot noise of an image of so many levels. */
function shotNoise(levels: Tensor, exponents: Tensor, random: Tensor, sampler: CountSampler): Tensor {
  const vals = tf.pow(tf.scalar(2), exponents);
  return tf.sub(tf.div(sampler(levels, exponents, random), vals), tf.div(levels, LEVELS - 1));
}

/**
 * image + factor * (Poisson(q vals) / vals - q), limited to [0, 1], where q is the image at 8 bit and vals the number of
 * its distinct values, rounded up to a power of two; in grey, q is its luminance.
 */
export function poissonNoise(
  planes: Tensor,
  { colour, grey, colourLevel, greyLevel, mask }: NoiseInputs,
  sampler: CountSampler,
): Tensor {
  const images = bySample(planes);
  const [height, width, samples] = images.shape as [number, number, number, number];
  const levels = toLevels(images);
  const inColour = shotNoise(
    tf.reshape(levels, planes.shape),
    forPlanes(distinctExponents(levels, mask)),
    colour,
    sampler,
  );
  const weights = tf.tensor2d(LUMINANCE, [CHANNELS, 1]);
  const luminance = tf.reshape(tf.matMul(tf.reshape(images, [-1, CHANNELS]), weights), [height, width, samples]);
  const greyLevels = toLevels(luminance);
  const inGrey = shotNoise(greyLevels, distinctExponents(tf.expandDims(greyLevels, -1), mask), grey, sampler);
  const noise = tf.add(tf.mul(inColour, forPlanes(colourLevel)), forPlanes(tf.mul(inGrey, greyLevel)));
  return limited(tf.add(planes, noise), mask);
}
