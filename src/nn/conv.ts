/** @file Convolutions with bias on [B,H,W,C]. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { isConstant } from '../engine/tracer.js';
import { columns } from './columns.js';
import { affine, biasAdd } from './linear.js';
import { param } from './params.js';

function convolve(params: Params, prefix: string, x: Tensor, stride: number, padding: 'same' | 'valid'): Tensor {
  const filter = param(params, `${prefix}.weight`) as ReturnType<typeof tf.tensor4d>;
  const y = tf.conv2d(x as ReturnType<typeof tf.tensor4d>, filter, stride, padding);
  return biasAdd(y, param(params, `${prefix}.bias`));
}

/**
 * Weights (in * out) per position from which a matrix product beats TensorFlow's convolution on the CPU, which brings the
 * filter into another order and back at every call. Measured: equal at 400, half the time at 1200, a third at 6400.
 */
const COLUMNS_FROM = 640;

/** Whether a 3x3 convolution with `filter` [3,3,in,out] of `positions` (B*H*W) had better be a product of columns. */
export function prefersColumns(filter: Tensor, positions: number): boolean {
  return filter.shape[2]! * filter.shape[3]! >= COLUMNS_FROM * positions && !isConstant(filter);
}

/** 3x3 convolution, stride 1, zero padding 1: [B,H,W,in] -> [B,H,W,out]. Weight `<prefix>.weight` [3,3,in,out]. */
export function conv3x3(params: Params, prefix: string, x: Tensor): Tensor {
  const [batch, height, width, inputs] = x.shape as [number, number, number, number];
  const filter = param(params, `${prefix}.weight`);
  if (!prefersColumns(filter, batch * height * width)) return convolve(params, prefix, x, 1, 'same');
  const outputs = filter.shape[3]!;
  const weight = tf.reshape(filter, [9 * inputs, outputs]);
  return tf.reshape(affine(columns(x), weight, param(params, `${prefix}.bias`)), [batch, height, width, outputs]);
}

/**
 * 3x3 convolution, stride 2. TensorFlow's own `same` pads other sides than the models do, hence the explicit zeros.
 * @param before Zero rows above and columns to the left (1 in the U-Net, 0 in the autoencoder); one row and column follow.
 * @returns [B, floor((H + before - 2) / 2) + 1, ...]
 */
export function strided3x3(params: Params, prefix: string, x: Tensor, before: 0 | 1): Tensor {
  const sides: [number, number] = [before, 1];
  return convolve(params, prefix, tf.pad(x, [[0, 0], sides, sides, [0, 0]]), 2, 'valid');
}
