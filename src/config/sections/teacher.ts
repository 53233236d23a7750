/** @file `teacher`: the Swin U-Net that is distilled (and that fake and student are copies of). */
import { z } from 'zod';
import { count, path, positive } from '../fields.js';

/** Keys of the Swin U-Net; those of the official files in camelCase. */
export const unetSection = z.strictObject({
  imageSize: count
    .default(64)
    .describe('Nominal latent side; decides which levels attend and how windows are clamped.'),
  inChannels: count
    .default(6)
    .describe('Latent plus LQ channels; latent channels only when lqSize is given. Noise not counted.'),
  modelChannels: count.default(160).describe('Base width.'),
  outChannels: count.default(3).describe('Latent channels.'),
  numResBlocks: z.array(count).min(1).default([2, 2, 2, 2]).describe('Residual blocks of each level.'),
  channelMult: z
    .array(count)
    .min(1)
    .default([1, 2, 2, 4])
    .describe('Width of each level as a multiple of modelChannels.'),
  attentionResolutions: z.array(count).default([64, 32, 16, 8]).describe('Nominal sides of the levels that attend.'),
  numHeadChannels: count.default(32).describe('Width of one attention head.'),
  swinDepth: count.default(2).describe('Window attention blocks of a Swin layer.'),
  swinEmbedDim: count.default(192).describe('Width of a Swin layer.'),
  windowSize: count.default(8).describe('Side of an attention window.'),
  mlpRatio: positive.default(4).describe('Width of the Swin MLP as a multiple of swinEmbedDim.'),
  patchNorm: z.boolean().default(false).describe('Group norms after patch embedding and unembedding.'),
  condLq: z.boolean().default(true).describe('Condition on the LQ image.'),
  lqSize: count.optional().describe('Nominal LQ side (ResShift release convention); left out in the RSD release.'),
  normGroups: count.default(32).describe('Groups of every group norm (official 32; fewer suit narrow networks).'),
});

/** Schema of the section `teacher`. */
export const teacherSection = z.strictObject({
  weights: path
    .default('weights/resshift_realsrx4_s15_v1.pth')
    .describe('Trained ResShift weights (.pth or .safetensors).'),
  unet: unetSection.prefault({}).describe('Architecture of teacher, fake and student.'),
});
