/** @file Group normalisation with its gradient written out: few passes over the feature map, everything else on [B,C]. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { differentiable } from './differentiable.js';
import { param } from './params.js';

/** Sum over space: [B,H,W,C] -> [B,C]. Row by row: shorter sums round less, and this order reads memory as it lies. */
function spatialSum(x: Tensor): Tensor {
  return tf.sum(tf.sum(x, 2), 1);
}

/** Mean over each group's values, from per-channel sums [B,C] over `positions` values each; repeated for every channel. */
function groupMean(sums: Tensor, groups: number, positions: number): Tensor {
  const [batch, channels] = sums.shape as [number, number];
  const width = channels / groups;
  const means = tf.mul(tf.sum(tf.reshape(sums, [batch, groups, width]), 2, true), 1 / (width * positions));
  return tf.reshape(tf.tile(means, [1, 1, width]), [batch, channels]);
}

/** [B,C] as [B,1,1,C]. */
function overSpace(values: Tensor): Tensor {
  const [batch, channels] = values.shape as [number, number];
  return tf.reshape(values, [batch, 1, 1, channels]);
}

/** Sums the batch axis away where the parameter has none: [B,C] -> [b,C], b being 1 or B. */
function sumToBatch(values: Tensor, batch: number): Tensor {
  return values.shape[0] === batch ? values.clone() : tf.sum(values, 0, true);
}

function positionsOf(x: Tensor): number {
  return x.shape[1]! * x.shape[2]!;
}

/*
 * y = xhat * gain + offset, xhat = (x - mean) * r, r = 1 / sqrt(variance + eps); gain and offset are [b,C], b = 1 or B.
 * With g = dy * gain and means taken over a group: dx = r * (g - mean(g) - xhat * mean(g * xhat)).
 */
const normalize = differentiable<'x' | 'gain' | 'offset'>({
  name: 'RsdGroupNorm',
  saveInputs: ['x', 'gain', 'offset'],
  savedOutputs: 2,
  forward: ({ x, gain, offset }, attributes) => {
    const groups = attributes['groups']!;
    const mean = groupMean(spatialSum(x), groups, positionsOf(x));
    const squares = spatialSum(tf.squaredDifference(x, overSpace(mean)));
    const r = tf.rsqrt(tf.add(groupMean(squares, groups, positionsOf(x)), attributes['eps']!));
    const slope = tf.mul(r, gain);
    const constant = tf.sub(offset, tf.mul(mean, slope));
    return [tf.add(tf.mul(x, overSpace(slope)), overSpace(constant)), mean, r];
  },
  gradient: (dy, saved, attributes) => {
    const [x, gain, offset, mean, r] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const sumDy = tf.tidy(() => spatialSum(dy));
    const sumDyXhat = tf.tidy(() => tf.mul(tf.sub(spatialSum(tf.mul(dy, x)), tf.mul(mean, sumDy)), r));
    return {
      x: () => {
        const groups = attributes['groups']!;
        const meanG = groupMean(tf.mul(sumDy, gain), groups, positionsOf(x));
        const meanGXhat = groupMean(tf.mul(sumDyXhat, gain), groups, positionsOf(x));
        const slope = tf.mul(meanGXhat, tf.square(r));
        const constant = tf.sub(tf.mul(meanG, r), tf.mul(mean, slope));
        const normalised = tf.add(tf.mul(x, overSpace(slope)), overSpace(constant));
        return tf.sub(tf.mul(dy, overSpace(tf.mul(gain, r))), normalised);
      },
      gain: () => sumToBatch(sumDyXhat, gain.shape[0]),
      offset: () => sumToBatch(sumDy, offset.shape[0]),
    };
  },
});

/** Feature-wise scale and shift by the time embedding, each [B,C]: y = norm(x) * (1 + scale) + shift. */
export interface Film {
  readonly scale: Tensor;
  readonly shift: Tensor;
}

/** Number of groups and the constant added to the variance. */
export interface NormOptions {
  readonly groups: number;
  readonly eps: number;
}

/**
 * Group norm with biased variance over (C / groups) * H * W values, affine by `<prefix>.weight` and `<prefix>.bias` [C].
 * @param x [B,H,W,C]
 * @param film Folded into the affine map.
 */
export function groupNorm(
  params: Params,
  prefix: string,
  x: Tensor,
  { groups, eps }: NormOptions,
  film?: Film,
): Tensor {
  const row = (name: string): Tensor => tf.reshape(param(params, `${prefix}.${name}`), [1, -1]);
  let gain = row('weight');
  let offset = row('bias');
  if (film) {
    const factor = tf.add(film.scale, 1);
    gain = tf.mul(gain, factor);
    offset = tf.add(tf.mul(offset, factor), film.shift);
  }
  return normalize({ x, gain, offset }, { groups, eps });
}
