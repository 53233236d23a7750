/** @file `train`: what every method's training shares: length, batches, optimizer, checkpoints. */
import { z } from 'zod';
import { count, countOrZero, paths, positive, weight } from '../fields.js';

/** Metrics of docs/metrics.md that validation offers besides its own. */
const OFFERED_METRICS = [
  'lpips-alex',
  'lpips-vgg',
  'st-lpips-alex',
  'dists',
  'niqe',
  'niqe-basicsr',
  'musiq-koniq',
  'clipiqa',
  'maniqa-pipal',
] as const;

const metricWeights = z.strictObject({
  'lpips-alex': paths.optional().describe("torchvision's alexnet."),
  'lpips-vgg': paths.optional().describe("torchvision's vgg16."),
  'st-lpips-alex': paths.optional().describe('In the place of the shipped weights.'),
  dists: paths.optional().describe("torchvision's vgg16."),
  'musiq-koniq': paths.optional().describe("The Python toolbox's musiq_koniq_ckpt."),
  clipiqa: paths.optional().describe("OpenAI's CLIP RN50 as a state dict."),
  'maniqa-pipal': paths.optional().describe("The Python toolbox's MANIQA_PIPAL."),
});

const scheduler = z.strictObject({
  name: z
    .enum(['none', 'cosine', 'cosine_warmup', 'milestones'])
    .default('none')
    .describe(
      'Rule of the learning rate: constant; cosine from lr; linear warm-up to maxLr and cosine after it; milestones.',
    ),
  warmupSteps: count.default(100).describe('Iterations of linear warm-up (cosine_warmup).'),
  maxLr: positive.optional().describe('Learning rate after the warm-up (cosine_warmup); train.lr if left out.'),
  tMax: count.default(200).describe('Iterations of half a cosine period; the rate rises again after it.'),
  milestones: z
    .array(count)
    .min(1)
    .optional()
    .describe('Iterations: linear climb to lr until the first, half the rate after each further one (milestones).'),
  etaMin: z.number().min(0).default(0).describe('Learning rate at the bottom of the cosine.'),
});

/** Schema of the section `train`. */
export const trainSection = z.strictObject({
  iterations: count
    .default(3000)
    .describe('Iterations of the run; one is one update of the student (or of the only network).'),
  batch: count.default(64).describe('Images of one update.'),
  microBatch: count
    .default(8)
    .describe('Images on the device at a time; gradients of batch / microBatch parts add up.'),
  recompute: z
    .boolean()
    .default(false)
    .describe(
      "Compute activations of the networks' blocks again for the gradient instead of keeping them: less memory, more time.",
    ),
  lr: positive.default(5e-5).describe('AdamW learning rate of the student (or of the only network).'),
  betas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .default([0.9, 0.95])
    .describe('AdamW decay rates of the first and second moment.'),
  weightDecay: weight.default(0).describe('AdamW decoupled weight decay.'),
  scheduler: scheduler.prefault({}).describe('Learning rate over the iterations.'),
  ema: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe('Rate of the exponential moving average of the trained weights.'),
  checkpointEvery: count
    .default(1000)
    .describe('Iterations between two checkpoints; the last iteration always writes one.'),
  keepCheckpoints: countOrZero.default(3).describe('Newest checkpoints kept; 0 keeps all.'),
  validateEvery: countOrZero.default(1000).describe('Iterations between two validations; 0 never validates.'),
  validationMetrics: z
    .array(z.enum(OFFERED_METRICS))
    .default([])
    .describe('Metrics that validation has besides its own, by their names in docs/metrics.md.'),
  metricWeights: metricWeights.prefault({}).describe('Weight files of validationMetrics (docs/metrics.md).'),
  bestMetric: z
    .enum(['perceptual', 'psnrRgb', 'psnr', 'ssim', ...OFFERED_METRICS])
    .optional()
    .describe(
      'Validation metric by which the best checkpoint is kept; perceptual if the run has such a term, else psnrRgb.',
    ),
  tensorboard: z.boolean().default(true).describe('Also writes the log for TensorBoard (folder tf_logs of the run).'),
  imagesEvery: countOrZero.default(200).describe('Iterations between two sample images; 0 writes none.'),
});
