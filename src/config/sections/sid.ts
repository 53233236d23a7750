/** @file `sid`: what SiD has beyond the section `rsd`. */
import { z } from 'zod';

/** Schema of the section `sid`. */
export const sidSection = z.strictObject({
  alpha: z
    .number()
    .default(1.2)
    .describe(
      'Weight of the squared difference between teacher and fake that SiD takes off; 0.5 is half the loss of RSD.',
    ),
});
