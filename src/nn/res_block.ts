/** @file The U-Net's residual block with time embedding by scale and shift. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { silu } from './activations.js';
import { conv3x3 } from './conv.js';
import { groupNorm, type NormOptions } from './group_norm.js';
import { linear } from './linear.js';

/**
 * ResBlock under `prefix`: [B,H,W,in] -> [B,H,W,out].
 * @param activatedEmbedding SiLU of the time embedding, [B, 4 * modelChannels]: the same for all blocks, so computed once.
 */
export function resBlock(
  params: Params,
  prefix: string,
  x: Tensor,
  activatedEmbedding: Tensor,
  norm: NormOptions,
): Tensor {
  let h = conv3x3(params, `${prefix}.in_layers.2`, silu(groupNorm(params, `${prefix}.in_layers.0`, x, norm)));
  const [scale, shift] = tf.split(linear(params, `${prefix}.emb_layers.1`, activatedEmbedding), 2, 1) as [
    Tensor,
    Tensor,
  ];
  h = groupNorm(params, `${prefix}.out_layers.0`, h, norm, { scale, shift });
  h = conv3x3(params, `${prefix}.out_layers.3`, silu(h));
  const sameWidth = x.shape[3] === h.shape[3];
  return tf.add(sameWidth ? x : linear(params, `${prefix}.skip_connection`, x), h);
}
