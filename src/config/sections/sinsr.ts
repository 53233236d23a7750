/** @file `sinsr`: SinSR distillation, as its official file describes it. */
import { z } from 'zod';
import { weight } from '../fields.js';

/** Schema of the section `sinsr`. */
export const sinsrSection = z.strictObject({
  inverse: z
    .boolean()
    .default(true)
    .describe('Train the network to return from its output to the noisy latent as well (at timestep 0).'),
  hrWeight: weight.default(1).describe('Weight of the consistency term with the HR image; 0 switches it off.'),
});
