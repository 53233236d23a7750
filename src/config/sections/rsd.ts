/** @file `rsd`: distillation against a fake network (RSD, arXiv 2503.13358, Algorithm 1; VSD and SiD the same with other losses). */
import { z } from 'zod';
import { count, countOrZero, positive, weight } from '../fields.js';
import { perceptualKeys } from './perceptual.js';

const gan = z.strictObject({
  weight: weight
    .default(3e-3)
    .describe('Weight of the GAN term (lambda2), in fake and student updates; 0 switches it off.'),
  head: z
    .enum(['dmd2', 'pooled'])
    .default('dmd2')
    .describe('Discriminator head: dmd2 for an 8x8 bottleneck, pooled (global average) for any size.'),
  noisy: z
    .boolean()
    .default(false)
    .describe('Judge real and student latents noised to a random timestep (diffusion GAN) rather than clean ones.'),
});

const perceptual = z.strictObject({
  weight: weight.default(2).describe('Weight of the perceptual term (lambda1); 0 switches it off.'),
  ...perceptualKeys,
  from: z
    .enum(['last', 'same'])
    .default('last')
    .describe('Student output it is taken on: a pass of its own from the last timestep (paper), or the distilled one.'),
});

const mse = z.strictObject({
  weight: weight.default(0).describe('Weight of the squared error to the HR image; 0 switches it off.'),
  space: z.enum(['image', 'latent']).default('image').describe('Compare decoded images or latents.'),
});

/** Schema of the section `rsd`. */
export const rsdSection = z.strictObject({
  fakeUpdates: count.default(5).describe('Fake updates before each student update (K), each on a batch of its own.'),
  timesteps: z
    .array(countOrZero)
    .min(1)
    .optional()
    .describe('0-based student timesteps; must hold the last one (steps - 1). Instead of timestepCount.'),
  timestepCount: count
    .optional()
    .describe('Number of student timesteps N (4 if left out; 1 for vsd): T - 1 - floor(i T / N), i = 0..N-1.'),
  inputs: z
    .enum(['real', 'generated'])
    .default('real')
    .describe(
      'Student inputs at its timesteps: noised HR latents (paper), or what the student itself makes of the LQ image on its way down the timesteps (data-free).',
    ),
  renoise: z
    .enum(['stochastic', 'deterministic'])
    .default('stochastic')
    .describe(
      'How a student goes on to its next timestep, for inputs generated and validateSteps all: with fresh noise, or with the noise it started from.',
    ),
  conditionFake: z.boolean().default(false).describe("Tell the fake the student's timestep besides its own."),
  validateSteps: z
    .enum(['one', 'all'])
    .default('one')
    .describe('Validate the student in one step, or in all of its timesteps.'),
  fakeLr: positive.optional().describe('AdamW learning rate of the fake and its head; train.lr if left out.'),
  warmupFakeUpdates: countOrZero.default(0).describe('Extra fake updates before the first student update.'),
  distillIterations: z
    .int()
    .min(-1)
    .default(-1)
    .describe('Iterations with the distillation loss alone; GAN, perceptual and MSE terms start after them. -1: none.'),
  noiseChannels: countOrZero
    .optional()
    .describe(
      'Channels of noise the student gets as input (1 if left out; 0 for vsd); 0: its output follows from z_t.',
    ),
  sidNormalization: z
    .boolean()
    .default(true)
    .describe('Divide each sample of the loss by the mean |teacher estimate - student output|.'),
  powerTen: z.boolean().default(false).describe('Multiply each sample of the loss by 10^(1 - t/(T-1)).'),
  gan: gan.prefault({}).describe('Adversarial term on latents.'),
  perceptual: perceptual.prefault({}).describe('Perceptual term between decoded student output and HR image.'),
  mse: mse.prefault({}).describe('Squared error term between student output and HR image.'),
});
