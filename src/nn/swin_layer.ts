/** @file A Swin layer: 1x1 convolution in, shifted-window transformer blocks, 1x1 convolution out; no residual around it. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { gelu } from './activations.js';
import { groupNorm, type NormOptions } from './group_norm.js';
import { linear } from './linear.js';
import type { Observe } from './observe.js';
import { windowAttention, type WindowOptions } from './window_attention.js';

/** Shape of a Swin layer. Blocks with an odd number use `shift`, the others none. */
export interface SwinOptions extends WindowOptions {
  readonly depth: number;
  readonly norm: NormOptions;
  /** Whether the convolutions in and out are followed by a norm. */
  readonly patchNorm: boolean;
}

/** One transformer block: x += attention(norm1(x)); x += mlp(norm2(x)). Norms are group norms over the whole map. */
function swinBlock(params: Params, prefix: string, x: Tensor, norm: NormOptions, window: WindowOptions): Tensor {
  const attended = windowAttention(params, `${prefix}.attn`, groupNorm(params, `${prefix}.norm1`, x, norm), window);
  const h = tf.add(x, attended);
  const normed = groupNorm(params, `${prefix}.norm2`, h, norm);
  // As rows: TensorFlow fuses product, bias and GELU then (without gradient).
  const hidden = gelu(linear(params, `${prefix}.mlp.fc1`, tf.reshape(normed, [-1, normed.shape[3]!])));
  return tf.add(h, tf.reshape(linear(params, `${prefix}.mlp.fc2`, hidden), h.shape));
}

/** Swin layer under `prefix`: [B,H,W,C] -> [B,H,W,C]. */
export function swinLayer(params: Params, prefix: string, x: Tensor, options: SwinOptions, observe: Observe): Tensor {
  const { depth, norm, patchNorm } = options;
  const embed = (name: string, input: Tensor): Tensor => {
    const y = linear(params, `${prefix}.${name}.proj`, input);
    return patchNorm ? groupNorm(params, `${prefix}.${name}.norm`, y, norm) : y;
  };
  let h = embed('patch_embed', x);
  observe(`${prefix}.patch_embed`, h);
  for (let block = 0; block < depth; block++) {
    const window = { ...options, shift: block % 2 === 0 ? 0 : options.shift };
    h = swinBlock(params, `${prefix}.blocks.${block}`, h, norm, window);
    observe(`${prefix}.blocks.${block}`, h);
  }
  return embed('patch_unembed', h);
}
