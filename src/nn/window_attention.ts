/** @file Multi-head self-attention inside (shifted) windows with relative position bias. */
import { gatherRows } from '../engine/op.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { differentiable } from './differentiable.js';
import { linear } from './linear.js';
import { param } from './params.js';
import { rollBack } from './resample.js';
import { lastRowMask, relativePositionIndex } from './window_geometry.js';

/** Shape of the attention of one Swin block. */
export interface WindowOptions {
  readonly heads: number;
  /** Side of a window; H and W are multiples of it. */
  readonly window: number;
  /** Cyclic shift before windows are cut, 0 for none. */
  readonly shift: number;
}

// The gradient of a lookup is a scatter; as a product with a constant one-hot matrix it is fast and deterministic.
const lookUpBias = differentiable<'table'>({
  name: 'RsdRelativePositionBias',
  saveInputs: ['table'],
  forward: ({ table }, attributes) => {
    const index = tf.tensor1d(relativePositionIndex(attributes['window']!), 'int32');
    return [gatherRows(table, index)];
  },
  gradient: (dy, [table], attributes) => ({
    table: () => {
      const index = tf.tensor1d(relativePositionIndex(attributes['window']!), 'int32');
      const oneHot = tf.cast(tf.oneHot(index, table!.shape[0]), 'float32');
      return tf.matMul(oneHot, dy, true, false);
    },
  }),
});

/** Bias plus mask, [rows of windows or 1, 1, heads, T, T] flattened to [rows, 1, heads*T*T] for rows of windows. */
function logitOffset(table: Tensor, { heads, window, shift }: WindowOptions, windowRows: number): Tensor {
  const tokens = window * window;
  const bias = tf.transpose(lookUpBias({ table }, { window }), [1, 0]);
  if (shift === 0) return tf.reshape(bias, [1, 1, heads * tokens * tokens]);
  const isLast = Float32Array.from({ length: windowRows }, (_, row) => (row === windowRows - 1 ? 1 : 0));
  const pairs = tf.tensor3d(lastRowMask(window, shift), [1, 1, tokens * tokens]);
  const mask = tf.mul(tf.tensor3d(isLast, [windowRows, 1, 1]), pairs);
  return tf.reshape(tf.add(tf.reshape(bias, [1, heads, tokens * tokens]), mask), [
    windowRows,
    1,
    heads * tokens * tokens,
  ]);
}

/**
 * Attention under `prefix` (`qkv`, `proj`, `relative_position_bias_table`): [B,H,W,E] -> [B,H,W,E].
 * The qkv outputs are ordered q, k, v, each head-major; logits are scaled by headWidth^(-1/2).
 */
export function windowAttention(params: Params, prefix: string, x: Tensor, options: WindowOptions): Tensor {
  const { heads, window, shift } = options;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns, tokens, headWidth] = [height / window, width / window, window * window, channels / heads];
  const shifted = shift === 0 ? x : rollBack(x, shift);
  const [q, k, v] = tf.split(linear(params, `${prefix}.qkv`, tf.reshape(shifted, [-1, channels])), 3, 1).map((part) => {
    const cut = tf.transpose(
      tf.reshape(part, [batch * rows, window, columns, window, heads, headWidth]),
      [0, 2, 4, 1, 3, 5],
    );
    return tf.reshape(cut, [batch * rows * columns, heads, tokens, headWidth]);
  }) as [Tensor, Tensor, Tensor];
  const products = tf.matMul(tf.mul(q, headWidth ** -0.5), k, false, true);
  const offset = logitOffset(param(params, `${prefix}.relative_position_bias_table`), options, rows);
  const logits = tf.add(tf.reshape(products, [batch, rows, columns, heads * tokens * tokens]), offset);
  const weights = tf.softmax(tf.reshape(logits, products.shape));
  const mixed = tf.reshape(tf.matMul(weights, v), [batch * rows, columns, heads, window, window, headWidth]);
  const joined = tf.reshape(tf.transpose(mixed, [0, 3, 1, 4, 2, 5]), [batch, height, width, channels]);
  const projected = linear(params, `${prefix}.proj`, joined);
  return shift === 0 ? projected : rollBack(projected, -shift);
}
