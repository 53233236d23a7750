/** @file `engine`: how TensorFlow runs the programs. */
import { z } from 'zod';
import { count, countOrZero } from '../fields.js';

const memory = z.strictObject({
  growth: z.boolean().default(true).describe('Take GPU memory as it is needed rather than all at once.'),
  capMb: count.nullable().default(null).describe('Most GPU memory to take, MiB; null sets no limit.'),
});

/** Schema of the section `engine`. */
export const engineSection = z.strictObject({
  kind: z
    .enum(['compiled', 'eager'])
    .default('compiled')
    .describe('Run each program as one traced graph, or op by op.'),
  deterministic: z.boolean().default(true).describe('Only kernels that give the same bits every time.'),
  threads: countOrZero.default(0).describe('Threads within one op on the CPU; 0 leaves it to TensorFlow.'),
  memory: memory.prefault({}).describe('GPU memory.'),
});
