/** @file `data`: photos, crops, degradation. */
import { z } from 'zod';
import { count, countOrZero, interval, path, paths, share } from '../fields.js';

const bicubic = z.strictObject({
  kind: z.literal('bicubic').describe('LQ = antialiased bicubic (MATLAB imresize) of HR.'),
});

const mild = z.strictObject({
  kind: z.literal('mild').describe('Small blur, resize by a drawn filter, light noise, JPEG.'),
  blurSigma: interval(0, 10).default([0.2, 0.8]).describe('Standard deviation of the Gaussian blur, HR pixels.'),
  noiseSigma: interval(0, 255).default([1, 10]).describe('Standard deviation of the Gaussian noise, 8-bit levels.'),
  jpegQuality: interval(1, 100).default([70, 95]).describe('JPEG quality; drawn as a whole number.'),
});

/** Degradations, told apart by `kind`. */
export const degradationSection = z.discriminatedUnion('kind', [bicubic, mild]);

const validation = z.strictObject({
  hr: paths
    .nullable()
    .default('data/validation/imagenet256/gt')
    .describe('Held-out HR photos; centre crops of gtSize are degraded unless lq is given. null: no validation.'),
  lq: path.nullable().default(null).describe('LQ images of the same file stems as hr, used as they are (no cropping).'),
  count: count.nullable().default(null).describe('At most so many images, in sorted order; null takes all.'),
});

/** Schema of the section `data`. */
export const dataSection = z.strictObject({
  train: paths
    .default('data/training/imagenet/train')
    .describe('HR photos: folders (searched recursively), files, or .txt lists of files.'),
  validation: validation.prefault({}).describe('Held-out photos for validation; a plain path stands for hr.'),
  gtSize: count.default(256).describe('Side of HR crops, pixels.'),
  scale: count.default(4).describe('Super-resolution factor: LQ side = gtSize / scale.'),
  flip: z.boolean().default(true).describe('Mirror HR crops left-right with probability 1/2.'),
  rescale: z
    .boolean()
    .default(true)
    .describe(
      'Crop a square of the whole short side and shrink it to gtSize by area (official); false crops at native size.',
    ),
  degradation: degradationSection.prefault({ kind: 'mild' }).describe('How LQ is made from HR.'),
  workers: countOrZero.default(4).describe('Threads that prepare batches; 0 prepares them on the main thread.'),
  prefetch: countOrZero.default(4).describe('Batches prepared ahead.'),
  cacheMb: countOrZero.default(512).describe('Memory for decoded photos, MiB, over all threads; 0 decodes every time.'),
  maxFailedShare: share.default(0.5).describe('Stop when more than this share of the photos cannot be read.'),
});
