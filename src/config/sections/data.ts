/** @file `data`: photos, crops, degradation. */
import { z } from 'zod';
import { count, countOrZero, path, paths, positive, share } from '../fields.js';
import { degradationSection } from './degradation.js';

const validation = z.strictObject({
  hr: paths
    .nullable()
    .default('data/validation/imagenet256/gt')
    .describe('Held-out HR photos; centre crops of gtSize are degraded unless lq is given. null: no metrics.'),
  lq: path
    .nullable()
    .default(null)
    .describe('LQ images of the same file stems as hr, used as they are (no cropping); without hr, for sample images.'),
  count: count.nullable().default(null).describe('At most so many images, in sorted order; null takes all.'),
});

/** Schema of the section `data`. */
export const dataSection = z.strictObject({
  train: paths
    .default('data/training/imagenet/train')
    .describe('HR photos: folders (searched recursively), files, or .txt lists of files.'),
  lq: paths
    .nullable()
    .default(null)
    .describe(
      'LQ photos of the same names (without ending) as those in train, 1/scale as large; crops are then native ones and nothing is degraded. null: LQ is made from HR.',
    ),
  length: count.nullable().default(null).describe('Train on so many photos only, drawn by the seed; null takes all.'),
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
  cropPad: count
    .nullable()
    .default(null)
    .describe(
      'With rescale false, side of the crop that is degraded, of which gtSize is then cut (300 in the official code); null: gtSize.',
    ),
  degradation: degradationSection.prefault({ kind: 'realesrgan' }).describe('How LQ is made from HR.'),
  pool: countOrZero
    .nullable()
    .default(null)
    .describe(
      'Pairs kept back, of which each batch takes a random part: a multiple of train.batch, 0 for none; null: 10 batches for the degradation realesrgan, else none.',
    ),
  workers: countOrZero.default(4).describe('Threads that prepare batches; 0 prepares them on the main thread.'),
  prefetch: countOrZero.default(4).describe('Batches prepared ahead.'),
  cacheMb: countOrZero.default(512).describe('Memory for decoded photos, MiB, over all threads; 0 decodes every time.'),
  maxMegapixels: positive
    .default(100)
    .describe(
      'Larger photos are skipped like unreadable ones; a data thread may take 6 MB of memory for each megapixel.',
    ),
  maxFailedShare: share.default(0.5).describe('Stop when more than this share of the photos cannot be read.'),
});
