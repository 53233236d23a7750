/** @file `sinsr`: SinSR distillation (arXiv 2311.14760). */
import { z } from 'zod';
import { weight } from '../fields.js';

/** Schema of the section `sinsr`. */
export const sinsrSection = z.strictObject({
  sampler: z
    .enum(['deterministic', 'stochastic'])
    .default('deterministic')
    .describe("The teacher's sampler that makes the targets: stochastic is ResShift's own."),
  inverse: z
    .boolean()
    .default(true)
    .describe('Train the network to return from its output to the noisy latent as well (at timestep 0).'),
  hrWeight: weight.default(1).describe('Weight of the consistency term with the HR image; 0 switches it off.'),
  covarianceWeight: weight
    .default(0)
    .describe(
      'Weight of a term that asks for white noise in the noisy latents found for HR images; 0 switches it off.',
    ),
  space: z
    .enum(['latent', 'image'])
    .default('latent')
    .describe('Compare with target and HR image as latents or decoded.'),
});
