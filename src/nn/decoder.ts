/** @file The decoder of the VQ autoencoder. */
import type { Params, Tensor } from '../engine/tfjs.js';
import { autoencoderResBlock, middle, normSwishConv } from './autoencoder_blocks.js';
import { planAutoencoder, type AutoencoderConfig } from './autoencoder_config.js';
import { conv3x3 } from './conv.js';
import { upsampleConv3x3 } from './upsample_conv.js';

/** `decoder`: [B,h,w,zChannels] (output of `post_quant_conv`) -> image [B, h * factor, w * factor, outCh], not clamped. */
export function decoder(params: Params, config: AutoencoderConfig, z: Tensor): Tensor {
  const pass = { params, groups: config.normGroups };
  const { blocks } = planAutoencoder(config);
  let h = middle(pass, 'decoder.mid', conv3x3(params, 'decoder.conv_in', z));
  for (let level = blocks.length - 1; level >= 0; level--) {
    for (let block = 0; block <= blocks[level]!; block++)
      h = autoencoderResBlock(pass, `decoder.up.${level}.block.${block}`, h);
    if (level > 0) h = upsampleConv3x3(params, `decoder.up.${level}.upsample.conv`, h);
  }
  return normSwishConv(pass, 'decoder.norm_out', 'decoder.conv_out', h);
}
