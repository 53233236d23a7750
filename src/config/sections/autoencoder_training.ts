/** @file `autoencoderTraining`: training the VQ autoencoder of the latent space. */
import { z } from 'zod';
import { count, path, weight } from '../fields.js';
import { perceptualKeys } from './perceptual.js';

const perceptual = z.strictObject({
  weight: weight.default(1).describe('Weight of the perceptual term; 0 switches it off.'),
  ...perceptualKeys,
});

const codebookInit = z.strictObject({
  method: z
    .enum(['kmeans', 'none'])
    .default('kmeans')
    .describe(
      'kmeans: decode continuous latents at first, then take codes as cluster centres of latents; none: quantise from the start.',
    ),
  atIteration: count.default(1000).describe('Iteration at which the codebook is made (kmeans).'),
});

/** Schema of the section `autoencoderTraining`. */
export const autoencoderTrainingSection = z.strictObject({
  l1Weight: weight.default(1).describe('Weight of the mean absolute error between decoded and HR image.'),
  perceptual: perceptual.prefault({}).describe('Perceptual term between decoded and HR image.'),
  codebookWeight: weight.default(1).describe('Weight of the codebook loss.'),
  commitment: weight.default(0.25).describe('Share of the commitment term in the codebook loss (beta).'),
  codebookInit: codebookInit.prefault({}).describe('How the codebook comes to be.'),
  initFrom: path.nullable().default(null).describe('Weights to start from; null starts from fresh ones.'),
});
