/** @file Blocks that the encoder and the decoder share: residual block, norm with swish, middle. */
import { recomputed } from '../engine/recompute.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { silu } from './activations.js';
import { AUTOENCODER_NORM_EPS } from './autoencoder_config.js';
import { conv3x3 } from './conv.js';
import { groupNorm } from './group_norm.js';
import { linear } from './linear.js';
import { paramsUnder } from './params.js';
import { spatialAttention } from './spatial_attention.js';

/** Parameters and the number of groups of every norm. */
export interface AutoencoderPass {
  readonly params: Params;
  readonly groups: number;
}

function norm({ params, groups }: AutoencoderPass, prefix: string, x: Tensor): Tensor {
  return groupNorm(params, prefix, x, { groups, eps: AUTOENCODER_NORM_EPS });
}

/** Norm, swish, 3x3 convolution: [B,H,W,in] -> [B,H,W,out]. */
export function normSwishConv(pass: AutoencoderPass, normName: string, convName: string, x: Tensor): Tensor {
  return conv3x3(pass.params, convName, silu(norm(pass, normName, x)));
}

/** ResnetBlock without time embedding: [B,H,W,in] -> [B,H,W,out]. */
export function autoencoderResBlock(pass: AutoencoderPass, prefix: string, x: Tensor): Tensor {
  return recomputed([x], paramsUnder(pass.params, prefix), ([input]) => {
    let h = normSwishConv(pass, `${prefix}.norm1`, `${prefix}.conv1`, input!);
    h = normSwishConv(pass, `${prefix}.norm2`, `${prefix}.conv2`, h);
    return tf.add(x.shape[3] === h.shape[3] ? input! : linear(pass.params, `${prefix}.nin_shortcut`, input!), h);
  });
}

/** `mid`: residual block, attention over all positions, residual block. */
export function middle(pass: AutoencoderPass, prefix: string, x: Tensor): Tensor {
  const h = autoencoderResBlock(pass, `${prefix}.block_1`, x);
  const attention = spatialAttention(pass.params, `${prefix}.attn_1`, norm(pass, `${prefix}.attn_1.norm`, h));
  return autoencoderResBlock(pass, `${prefix}.block_2`, tf.add(h, attention));
}
