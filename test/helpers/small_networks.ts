/** @file Options of networks small enough for tests without weights. */
import type { AutoencoderConfig } from '../../src/nn/autoencoder_config.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';

/** Two levels with attention, four groups. */
export const smallUNet: UNetConfig = {
  imageSize: 16,
  inChannels: 6,
  modelChannels: 8,
  outChannels: 3,
  numResBlocks: [1, 1],
  channelMult: [1, 1],
  attentionResolutions: [16, 8],
  numHeadChannels: 4,
  swinDepth: 2,
  swinEmbedDim: 8,
  windowSize: 8,
  mlpRatio: 2,
  patchNorm: false,
  condLq: true,
  normGroups: 4,
  noiseChannels: 0,
};

/** Reduces four times; 16 codes of 3 channels. */
export const smallAutoencoder: AutoencoderConfig = {
  embedDim: 3,
  nEmbed: 16,
  zChannels: 3,
  inChannels: 3,
  outCh: 3,
  ch: 8,
  chMult: [1, 1, 1],
  numResBlocks: 1,
  attnResolutions: [],
  resolution: 32,
  normGroups: 4,
  anchored: false,
  quantized: true,
};
