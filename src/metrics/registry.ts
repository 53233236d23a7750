/**
 * @file The metrics by name.
 *
 * `imageMetrics[name].load({ weights })` gives `{ measure(restored, reference?), dispose() }` for single images;
 * `setMetrics[name].load({ weights })` gives `{ addRestored, addReference, result, dispose }` for sets. Images are
 * {@link Pixels}: Float32 [H,W,3] in [0,1]. What each number means, where it comes from and what was verified of it is in
 * docs/metrics.md; how to read and to load it is in its {@link MetricDescription}.
 */
import { clipIqaMetric } from './clipiqa.js';
import { distsMetric } from './dists.js';
import { fidMetric, fidPytorchMetric } from './fid.js';
import { evaluationFidelity, trainerPsnrMetric, trainerSsimMetric } from './fidelity.js';
import type { ImageMetric, SetMetric } from './metric.js';
import { maniqaMetric } from './maniqa.js';
import { musiqMetric } from './musiq.js';
import { niqeBasicsrMetric, niqeMetric } from './niqe.js';
import { lpipsMetric, stLpipsMetric } from './perceptual_distance.js';

/** Border that x4 super-resolution papers leave out. */
const BORDER = 4;

/** Metrics of single images. */
export const imageMetrics = {
  ...evaluationFidelity,
  'psnr-trainer-y': trainerPsnrMetric('y', 0),
  'psnr-trainer-rgb': trainerPsnrMetric('rgb', 0),
  'psnr-trainer-y-border4': trainerPsnrMetric('y', BORDER),
  'psnr-trainer-rgb-border4': trainerPsnrMetric('rgb', BORDER),
  'ssim-trainer-y': trainerSsimMetric('y', 0),
  'ssim-trainer-rgb': trainerSsimMetric('rgb', 0),
  'ssim-trainer-y-border4': trainerSsimMetric('y', BORDER),
  'ssim-trainer-rgb-border4': trainerSsimMetric('rgb', BORDER),
  'lpips-alex': lpipsMetric('alex'),
  'lpips-vgg': lpipsMetric('vgg'),
  'st-lpips-alex': stLpipsMetric,
  dists: distsMetric,
  niqe: niqeMetric,
  'niqe-basicsr': niqeBasicsrMetric,
  'musiq-koniq': musiqMetric,
  clipiqa: clipIqaMetric,
  'maniqa-pipal': maniqaMetric,
} as const satisfies Readonly<Record<string, ImageMetric>>;

/** Metrics of two sets of images. */
export const setMetrics = { fid: fidMetric, 'fid-pytorch': fidPytorchMetric } as const satisfies Readonly<
  Record<string, SetMetric>
>;

export type ImageMetricName = keyof typeof imageMetrics;
export type SetMetricName = keyof typeof setMetrics;
