/** @file Single-head attention over all positions of a feature map, in blocks of queries when there are many. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { linear } from './linear.js';

/** Most logits held at once: 64 MiB of float32. */
const MAX_LOGITS = 2 ** 24;

/** Softmax attention of queries [B,q,C] over keys and values [B,n,C] -> [B,q,C]. */
function attend(q: Tensor, k: Tensor, v: Tensor): Tensor {
  return tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
}

/**
 * Projected attention `proj_out(attention(q, k, v))` of a normalised map [B,H,W,C], without the residual.
 *
 * Logits are scaled by C^(-1/2). Every query's softmax is independent, so blocks give the same result as one product.
 */
export function spatialAttention(params: Params, prefix: string, x: Tensor, maxLogits: number = MAX_LOGITS): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const positions = height * width;
  const project = (name: string): Tensor =>
    linear(params, `${prefix}.${name}`, tf.reshape(x, [batch, positions, channels]));
  const q = tf.mul(project('q'), channels ** -0.5);
  const [k, v] = [project('k'), project('v')];
  const rows = Math.max(1, Math.floor(maxLogits / (batch * positions)));
  const blocks: Tensor[] = [];
  for (let begin = 0; begin < positions; begin += rows) {
    const block =
      positions <= rows ? q : tf.slice(q, [0, begin, 0], [batch, Math.min(rows, positions - begin), channels]);
    blocks.push(tf.tidy(() => attend(block, k, v)));
  }
  const mixed = blocks.length === 1 ? blocks[0]! : tf.concat(blocks, 1);
  return tf.reshape(linear(params, `${prefix}.proj_out`, mixed), [batch, height, width, channels]);
}
