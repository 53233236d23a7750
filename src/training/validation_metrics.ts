/** @file Numbers about restored images for the log of a run, and which of them a checkpoint is judged by. */
import type { RunConfig } from '../config/schema.js';
import type { HostArray } from '../engine/host_array.js';
import { UserError } from '../errors/user_error.js';
import { clampToUnit, type Pixels } from '../images/pixels.js';
import { trainerPsnr } from '../metrics/psnr.js';
import { imageMetrics } from '../metrics/registry.js';
import { MIN_SSIM_SIDE, trainerSsim } from '../metrics/ssim.js';

/** Directions of the metrics that every validation can have. */
const OWN_METRICS = { perceptual: 'lower', psnrRgb: 'higher', psnr: 'higher', ssim: 'higher' } as const;

/** PSNR over RGB in dB of images in [-1, 1]; the restored one is clamped, nothing is rounded. */
function psnrOfImages(truth: HostArray, restored: HostArray): number {
  let squares = 0;
  for (let i = 0; i < truth.data.length; i++) {
    const value = Math.min(1, Math.max(-1, restored.data[i]!));
    squares += (value - truth.data[i]!) ** 2;
  }
  // The range of [-1, 1] is 2.
  return 10 * Math.log10((4 * truth.data.length) / squares);
}

/** One image [1,h,w,3] in [-1, 1] (clamped) as [h,w,3] in [0, 1]. */
export function toPixels({ shape, data }: HostArray): Pixels {
  const unit = Float32Array.from(data, (value) => (value + 1) / 2);
  return clampToUnit({ height: shape[1]!, width: shape[2]!, data: unit });
}

/**
 * How near one image is to its original, both [1,h,w,3] in [-1, 1]: `psnrRgb` (not rounded), and `psnr` and `ssim` of the
 * luma as the released trainers log them; no `ssim` of images smaller than its window.
 */
export function fidelity(truth: HostArray, restored: HostArray): Record<string, number> {
  const [a, b] = [toPixels(truth), toPixels(restored)];
  return {
    psnrRgb: psnrOfImages(truth, restored),
    psnr: trainerPsnr(a, b),
    ...(Math.min(a.height, a.width) >= MIN_SSIM_SIDE ? { ssim: trainerSsim(a, b) } : {}),
  };
}

/** Collects metrics of one image after another. */
export class MetricMeans {
  private readonly values = new Map<string, number[]>();

  add(metrics: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(metrics)) {
      this.values.set(name, [...(this.values.get(name) ?? []), value]);
    }
  }

  /** Mean of each metric over the images that have it. */
  means(): Record<string, number> {
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    return Object.fromEntries([...this.values].map(([name, values]) => [name, mean(values)]));
  }
}

type BestMetric = NonNullable<RunConfig['train']['bestMetric']>;

const directionOf = (name: BestMetric): 'higher' | 'lower' =>
  name in OWN_METRICS
    ? OWN_METRICS[name as keyof typeof OWN_METRICS]
    : imageMetrics[name as RunConfig['train']['validationMetrics'][number]].direction;

/**
 * What a checkpoint is judged by, lower is better.
 * @param best Name of the metric; by default the perceptual distance where the run has one, else the PSNR over RGB.
 * @throws UserError if the run does not have this metric.
 */
export function validationScore(
  metrics: Readonly<Record<string, number>>,
  best: BestMetric = 'perceptual' in metrics ? 'perceptual' : 'psnrRgb',
): number {
  const value = metrics[best];
  if (value === undefined) {
    throw new UserError('the validation of this run has no such metric', {
      key: 'train.bestMetric',
      expected: Object.keys(metrics).join(', '),
      found: best,
    });
  }
  return directionOf(best) === 'lower' ? value : -value;
}
