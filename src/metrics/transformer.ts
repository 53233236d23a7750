/** @file The pre-norm transformer block (Vaswani et al., 2017; Dosovitskiy et al., 2021) that metrics' networks share. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { linear } from '../nn/linear.js';
import { param } from '../nn/params.js';

export interface BlockOptions {
  readonly heads: number;
  /** Of the norms. */
  readonly eps: number;
  readonly activation: (x: Tensor) => Tensor;
  /** Added to the logits [B,heads,N,N]; axes may be missing or 1. */
  readonly mask?: Tensor;
}

/** Normalises the last axis: [...,C], `<prefix>.weight` and `<prefix>.bias` [C]. */
export function layerNorm(params: Params, prefix: string, x: Tensor, eps: number): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normalised = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, eps)));
  return tf.add(tf.mul(normalised, param(params, `${prefix}.weight`)), param(params, `${prefix}.bias`));
}

/** Self-attention under `<prefix>.qkv` and `<prefix>.proj`: [B,N,C] -> [B,N,C]. */
export function selfAttention(params: Params, prefix: string, x: Tensor, heads: number, mask?: Tensor): Tensor {
  const [batch, tokens, channels] = x.shape as [number, number, number];
  const width = channels / heads;
  const [q, k, v] = tf.split(linear(params, `${prefix}.qkv`, x), 3, -1).map((part) => {
    return tf.transpose(tf.reshape(part, [batch, tokens, heads, width]), [0, 2, 1, 3]);
  }) as [Tensor, Tensor, Tensor];
  const products = tf.matMul(tf.mul(q, width ** -0.5), k, false, true);
  const mixed = tf.matMul(tf.softmax(mask ? tf.add(products, mask) : products), v);
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, channels]);
  return linear(params, `${prefix}.proj`, joined);
}

/** One block: attention, then `fc1`, activation, `fc2`, each on normalised input and added: [B,N,C] -> [B,N,C]. */
export function transformerBlock(params: Params, prefix: string, x: Tensor, options: BlockOptions): Tensor {
  const { heads, eps, activation, mask } = options;
  const attended = tf.add(x, selfAttention(params, prefix, layerNorm(params, `${prefix}.norm1`, x, eps), heads, mask));
  const inner = activation(linear(params, `${prefix}.fc1`, layerNorm(params, `${prefix}.norm2`, attended, eps)));
  return tf.add(attended, linear(params, `${prefix}.fc2`, inner));
}
