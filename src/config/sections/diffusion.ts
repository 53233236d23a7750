/** @file `diffusion`: schedule of the residual-shifting process and what the network predicts. */
import { z } from 'zod';
import { count, positive } from '../fields.js';

/** Schema of the section `diffusion`. */
export const diffusionSection = z.strictObject({
  steps: z.int().min(2).default(15).describe('Timesteps T of the teacher.'),
  scheduleName: z.literal('exponential').default('exponential').describe('Form of the schedule.'),
  power: positive.default(0.3).describe('Power of the exponential schedule.'),
  etasEnd: z.number().gt(0).lt(1).default(0.99).describe('sqrt(eta) of the last timestep.'),
  minNoiseLevel: z.number().gt(0).lt(1).default(0.04).describe('kappa * sqrt(eta) of timestep 0, before the cap.'),
  kappa: positive.default(2).describe('Noise scale: variance of z_t is kappa^2 eta_t.'),
  cappedStart: z.boolean().default(true).describe('Cap sqrt(eta_0) at sqrt(0.001), as the SinSR and RSD releases do.'),
  predictType: z
    .enum(['xstart', 'residual', 'epsilon', 'epsilon_scale'])
    .default('xstart')
    .describe('What the network predicts.'),
  normalizeInput: z.boolean().default(true).describe('Scale z_t to about unit variance before the network.'),
  latentFlag: z.boolean().default(true).describe('Diffusion over autoencoder latents rather than pixels.'),
  scaleFactor: positive.default(1).describe('Latents are multiplied by this after encoding.'),
  sf: count.default(4).describe('Super-resolution factor; equals data.scale.'),
  timestepRespacing: z
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe('Number of timesteps the multi-step sampler visits; null visits all.'),
});
