/** @file The encoder of the VQ autoencoder. */
import type { Params, Tensor } from '../engine/tfjs.js';
import { autoencoderResBlock, middle, normSwishConv } from './autoencoder_blocks.js';
import { planAutoencoder, type AutoencoderConfig } from './autoencoder_config.js';
import { conv3x3, strided3x3 } from './conv.js';

/** `encoder`: image [B,H,W,inChannels] -> [B, H / factor, W / factor, zChannels]. */
export function encoder(params: Params, config: AutoencoderConfig, image: Tensor): Tensor {
  const pass = { params, groups: config.normGroups };
  const { blocks } = planAutoencoder(config);
  let h = conv3x3(params, 'encoder.conv_in', image);
  blocks.forEach((count, level) => {
    for (let block = 0; block < count; block++)
      h = autoencoderResBlock(pass, `encoder.down.${level}.block.${block}`, h);
    if (level < blocks.length - 1) h = strided3x3(params, `encoder.down.${level}.downsample.conv`, h, 0);
  });
  h = middle(pass, 'encoder.mid', h);
  return normSwishConv(pass, 'encoder.norm_out', 'encoder.conv_out', h);
}
