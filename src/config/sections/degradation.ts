/** @file `data.degradation`: how LQ images are made from HR ones. */
import { z } from 'zod';
import { count, interval, share, weight } from '../fields.js';

const bicubic = z.strictObject({
  kind: z.literal('bicubic').describe('LQ = antialiased bicubic (MATLAB imresize) of HR.'),
});

const mild = z.strictObject({
  kind: z.literal('mild').describe('Small blur, resize by a drawn filter, light noise, JPEG.'),
  blurSigma: interval(0, 10).default([0.2, 0.8]).describe('Standard deviation of the Gaussian blur, HR pixels.'),
  noiseSigma: interval(0, 255).default([1, 10]).describe('Standard deviation of the Gaussian noise, 8-bit levels.'),
  jpegQuality: interval(1, 100).default([70, 95]).describe('JPEG quality; drawn as a whole number.'),
});

/** Families of blur kernels (`src/data/degradation/kernels.ts`). */
export const KERNEL_FAMILIES = [
  'iso',
  'aniso',
  'generalized_iso',
  'generalized_aniso',
  'plateau_iso',
  'plateau_aniso',
] as const;

const oddSide = count
  .min(3)
  .max(51)
  .refine((side) => side % 2 === 1, { error: 'the side of a kernel is odd' });

type Interval = [number, number];

/** What differs between the two passes by default. */
interface StageDefaults {
  readonly kernelSize: number;
  readonly blurSigma: Interval;
  readonly resizeProb: [number, number, number];
  readonly resizeRange: Interval;
  readonly noiseRange: Interval;
  readonly poissonScaleRange: Interval;
}

/** Blur, resize, noise and JPEG: the keys of one pass. */
function stage(defaults: StageDefaults) {
  return z.strictObject({
    kernelSize: oddSide
      .default(defaults.kernelSize)
      .describe('Side that blur kernels are padded to; theirs is drawn from the odd numbers from 3 up to below it.'),
    kernelList: z
      .array(z.enum(KERNEL_FAMILIES))
      .min(1)
      .default([...KERNEL_FAMILIES])
      .describe('Families of blur kernels.'),
    kernelProb: z
      .array(weight)
      .min(1)
      .default([0.45, 0.25, 0.12, 0.03, 0.12, 0.03])
      .describe('Shares of the families, in the order of kernelList.'),
    sincProb: share.default(0.1).describe('Probability of a sinc filter in the place of a blur kernel.'),
    blurSigma: interval(0.01, 50).default(defaults.blurSigma).describe('Standard deviations of a kernel, pixels.'),
    betagRange: interval(0.01, 20)
      .default([0.5, 4])
      .describe('Exponent of generalized Gaussian kernels: half of them from its part below 1.'),
    betapRange: interval(0.01, 20)
      .default([1, 2])
      .describe('Exponent of plateau kernels: half of them from its part below 1.'),
    resizeProb: z
      .tuple([weight, weight, weight])
      .default(defaults.resizeProb)
      .describe('Shares of enlarging, shrinking and keeping the size.'),
    resizeRange: interval(0.05, 4)
      .refine(([lo, hi]) => lo <= 1 && hi >= 1, { error: 'the interval has to hold 1' })
      .default(defaults.resizeRange)
      .describe('Factors of the resize: its part below 1 shrinks, its part above 1 enlarges.'),
    gaussianNoiseProb: share.default(0.5).describe('Probability of Gaussian noise; Poisson noise otherwise.'),
    noiseRange: interval(0, 255)
      .default(defaults.noiseRange)
      .describe('Standard deviation of the Gaussian noise, 8-bit levels.'),
    poissonScaleRange: interval(0, 20).default(defaults.poissonScaleRange).describe('Scale of the Poisson noise.'),
    grayNoiseProb: share.default(0.4).describe('Probability of noise that is equal in the three channels.'),
    jpegRange: interval(1, 100).default([30, 95]).describe('JPEG quality; any number of the interval.'),
  });
}

const realesrgan = z.strictObject({
  kind: z.literal('realesrgan').describe('The second-order Real-ESRGAN pipeline, on the device (docs/degradation.md).'),
  first: stage({
    kernelSize: 21,
    blurSigma: [0.2, 3],
    resizeProb: [0.2, 0.7, 0.1],
    resizeRange: [0.15, 1.5],
    noiseRange: [1, 30],
    poissonScaleRange: [0.05, 3],
  })
    .prefault({})
    .describe('The first pass.'),
  second: stage({
    kernelSize: 15,
    blurSigma: [0.2, 1.5],
    resizeProb: [0.3, 0.4, 0.3],
    resizeRange: [0.3, 1.2],
    noiseRange: [1, 25],
    poissonScaleRange: [0.05, 2.5],
  })
    .prefault({})
    .describe('The second pass; its JPEG is the last one, which is always there.'),
  secondOrderProb: share.default(0.5).describe('Probability of the second blur, resize and noise.'),
  secondBlurProb: share.default(0.8).describe('Probability of the blur in the second pass.'),
  finalSincProb: share.default(0.8).describe('Probability of the sinc filter at the end.'),
  jpeg: z
    .enum(['simulated', 'codec'])
    .default('simulated')
    .describe(
      'simulated: quantised 8x8 blocks, as the official models were trained with; codec: a real encoder, on the host.',
    ),
  sharpen: z.boolean().default(false).describe('Sharpen HR by an unsharp mask first; the network learns sharpened HR.'),
  resizeBack: count
    .nullable()
    .default(null)
    .describe('Shrink by this factor and enlarge LQ (bicubic) back to the side of HR; data.scale has to be 1 then.'),
});

/** Degradations, told apart by `kind`. */
export const degradationSection = z.discriminatedUnion('kind', [bicubic, mild, realesrgan]);

/** Settings of the Real-ESRGAN pipeline. */
export type RealEsrganConfig = z.infer<typeof realesrgan>;
