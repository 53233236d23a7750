/** @file `resshift`: training a ResShift teacher. */
import { z } from 'zod';
import { path } from '../fields.js';

/** Schema of the section `resshift`. */
export const resshiftSection = z.strictObject({
  weightedMse: z
    .boolean()
    .default(false)
    .describe('Weight each sample by the variational bound factor of its timestep.'),
  initFrom: path.nullable().default(null).describe('Weights to start from; null starts from fresh ones.'),
});
