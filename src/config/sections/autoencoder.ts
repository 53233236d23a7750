/** @file `autoencoder`: the VQ autoencoder of the latent space. */
import { z } from 'zod';
import { count, path, positive } from '../fields.js';

/** Schema of the section `autoencoder`. */
export const autoencoderSection = z.strictObject({
  weights: path
    .default('weights/autoencoder_vq_f4.pth')
    .describe('Trained autoencoder weights (.pth or .safetensors).'),
  embedDim: count.default(3).describe('Width of a code.'),
  nEmbed: z.int().min(2).default(8192).describe('Number of codes.'),
  zChannels: count.default(3).describe('Channels between encoder and quantiser.'),
  inChannels: count.default(3).describe('Image channels in.'),
  outCh: count.default(3).describe('Image channels out.'),
  ch: count.default(128).describe('Base width.'),
  chMult: z
    .array(count)
    .min(1)
    .default([1, 2, 4])
    .describe('Width of each level as a multiple of ch; each level but the last halves the side.'),
  numResBlocks: z
    .union([count, z.array(count).min(1)])
    .default(2)
    .describe('Residual blocks of a level, one number or one for each level.'),
  attnResolutions: z
    .array(count)
    .default([])
    .describe('Nominal sides of the levels that attend (the middle always does).'),
  resolution: count.default(256).describe('Nominal image side.'),
  normGroups: count.default(32).describe('Groups of every group norm (official 32; fewer suit narrow networks).'),
  anchored: z
    .union([positive, z.literal(false)])
    .default(false)
    .describe(
      'Add this multiple of each block’s mean colour and lowest grey frequencies to the latent, and the image they make to the output; false: official.',
    ),
  quantized: z
    .boolean()
    .default(true)
    .describe('Replace latents by codes before decoding; false decodes them as they are (official: true).'),
});
