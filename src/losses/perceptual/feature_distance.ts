/**
 * @file The distance that LPIPS and its relatives share: features of two images, unit-normalised, weighted, averaged.
 *
 * Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", CVPR 2018, eq. 1.
 */
import { tf, type Params, type Tensor } from '../../engine/tfjs.js';
import { param } from '../../nn/params.js';

type Tensor4 = ReturnType<typeof tf.tensor4d>;

/** Mean and deviation of the backbones' training images, per channel, for values in [-1,1]. */
const SHIFT = [-0.03, -0.088, -0.188];
const SCALE = [0.458, 0.448, 0.45];
const EPSILON = 1e-10;

/** Activations of the layers that are compared, first to last: [B,h,w,c]. */
export type Backbone = (params: Params, image: Tensor) => Tensor[];

/** Images [B,H,W,3] in [-1,1] to what the backbones were trained on. */
function standardise(image: Tensor): Tensor {
  return tf.div(tf.sub(image, tf.tensor1d(SHIFT)), tf.tensor1d(SCALE));
}

/** Divides each position's channel vector by its length; all-zero vectors stay zero, with a finite gradient. */
function unitChannels(features: Tensor): Tensor {
  const squares = tf.sum(tf.square(features), -1, true);
  // The published form is 1 / (length + eps); eps^2 under the root keeps its derivative finite at zero.
  const length = tf.sqrt(tf.add(squares, EPSILON * EPSILON));
  return tf.div(features, tf.add(length, EPSILON));
}

/** Spatial mean of the head's weighted squared differences: [B,h,w,c] twice, head [1,1,c,1] -> [B]. */
function layerDistance(a: Tensor, b: Tensor, head: Tensor): Tensor {
  const difference = tf.sub(unitChannels(a), unitChannels(b));
  const perChannel = tf.mean(tf.square(difference), [1, 2]);
  return tf.sum(tf.mul(perChannel, tf.reshape(head, [-1])), -1);
}

/**
 * Perceptual distance of two batches; differentiable in both.
 * @param headName Name of a layer's head [1,1,c,1], by index.
 * @param a,b Images [B,H,W,3] in [-1,1].
 * @returns [B], 0 for equal images.
 */
export function featureDistance(
  params: Params,
  backbone: Backbone,
  headName: (layer: number) => string,
  a: Tensor,
  b: Tensor,
): Tensor {
  return tf.tidy(() => {
    const featuresA = backbone(params, standardise(a));
    const featuresB = backbone(params, standardise(b));
    const layers = featuresA.map((feature, i) => layerDistance(feature, featuresB[i]!, param(params, headName(i))));
    return tf.addN(layers);
  });
}

/**
 * Convolution with bias, stride 1 by default: [B,H,W,in] -> [B,h,w,out].
 * @param name Prefix of `.weight` [kh,kw,in,out] and `.bias` [out].
 * @param padding Zeros on every side.
 */
export function paddedConvolution(params: Params, name: string, x: Tensor, padding: number, stride = 1): Tensor {
  const filter = param(params, `${name}.weight`) as Tensor4;
  const sides: [number, number] = [padding, padding];
  const same = stride === 1 && 2 * padding + 1 === filter.shape[0];
  const input = same || padding === 0 ? x : tf.pad(x, [[0, 0], sides, sides, [0, 0]]);
  return tf.add(tf.conv2d(input as Tensor4, filter, stride, same ? 'same' : 'valid'), param(params, `${name}.bias`));
}

/** Largest value of each window, no padding: [B,H,W,c] -> [B,h,w,c]. */
export function maxPool(x: Tensor, size: number, stride: number): Tensor {
  return tf.maxPool(x as Tensor4, size, stride, 'valid');
}
