/**
 * @file Images of a batch as planes [H, W, B * 3]: all channels of all samples side by side, which makes a resize one
 * matrix product and a filter of its own for each sample one depthwise convolution.
 */
import { tf, type Tensor } from '../../engine/tfjs.js';
import { CHANNELS } from '../../images/pixels.js';

/** A tensor of rank 4, as TensorFlow.js wants images typed. */
export type Image4 = ReturnType<typeof tf.tensor4d>;

/** Images [B, H, W, 3] as planes [H, W, B * 3]. */
export function toPlanes(images: Tensor): Tensor {
  const [samples, height, width] = images.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(images, [1, 2, 0, 3]), [height, width, samples * CHANNELS]);
}

/** Planes [H, W, B * 3] as images [B, H, W, 3]. */
export function toImages(planes: Tensor): Tensor {
  return tf.transpose(bySample(planes), [2, 0, 1, 3]);
}

/** Planes [H, W, B * 3] with samples and channels apart: [H, W, B, 3]. */
export function bySample(planes: Tensor): Tensor {
  const [height, width, count] = planes.shape as [number, number, number];
  return tf.reshape(planes, [height, width, count / CHANNELS, CHANNELS]);
}

/** Values of samples [..., B] for their three planes: [..., B * 3]. */
export function forPlanes(values: Tensor): Tensor {
  const shape = values.shape;
  const tripled = tf.tile(tf.expandDims(values, -1), [...shape.map(() => 1), CHANNELS]);
  return tf.reshape(tripled, [...shape.slice(0, -1), shape.at(-1)! * CHANNELS]);
}

/** matrix [n, H] applied to rows: planes [H, W, C] -> [n, W, C]. */
function mixRows(planes: Tensor, matrix: Tensor): Tensor {
  const [height, width, count] = planes.shape as [number, number, number];
  return tf.reshape(tf.matMul(matrix, tf.reshape(planes, [height, width * count])), [matrix.shape[0], width, count]);
}

const swapAxes = (planes: Tensor): Tensor => tf.transpose(planes, [1, 0, 2]);

/**
 * Mixes rows by one matrix and columns by another: resizes, paddings and separable blurs (`resample_matrix.ts`).
 * @param planes [H, W, C]
 * @param rows [n, H]
 * @param columns [m, W]
 * @returns [n, m, C]
 */
export function resample(planes: Tensor, rows: Tensor, columns: Tensor = rows): Tensor {
  return swapAxes(mixRows(swapAxes(mixRows(planes, rows)), columns));
}

/**
 * Filters every sample with its own kernel (correlation), without padding.
 * @param planes [H + k - 1, W + k - 1, B * 3]
 * @param kernels [B, k, k]
 * @returns [H, W, B * 3]
 */
export function filterPlanes(planes: Tensor, kernels: Tensor): Tensor {
  const [, side] = kernels.shape as [number, number, number];
  const count = planes.shape[2]!;
  const filters = tf.reshape(forPlanes(tf.transpose(kernels, [1, 2, 0])), [side, side, count, 1]);
  const batch = tf.expandDims<Image4>(planes, 0);
  return tf.squeeze(tf.depthwiseConv2d(batch, filters as Image4, 1, 'valid'), [0]);
}
