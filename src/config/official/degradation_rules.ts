/** @file Official keys of the Real-ESRGAN degradation, which stand in `data.train.params` and in `degradation`. */
import { z } from 'zod';
import { count } from '../fields.js';
import { derived, mapped, type Outcome, type Rule, type Surroundings } from './rule.js';

const TRAIN = 'data.train.params';
const OURS = 'data.degradation';

const isDegraded = ({ value }: Surroundings): boolean => value('data.train.type') === 'realesrgan';
const NOT_READ: Outcome = { kind: 'ignored', why: 'only the degradation realesrgan reads it' };

/** The value is that of one of our keys, if the training data are degraded by Real-ESRGAN's pipeline. */
function parameter(key: string, ours: string): Rule {
  return {
    key,
    page: `\`${ours}\``,
    read: (value, around) => (isDegraded(around) ? mapped({ [ours]: value }) : NOT_READ),
  };
}

/** Keys of both passes; those of the second end in 2. */
function passes(section: string, keys: Readonly<Record<string, string>>): Rule[] {
  return (['first', 'second'] as const).flatMap((pass) =>
    Object.entries(keys).map(([official, ours]) =>
      parameter(`${section}.${official}${pass === 'second' ? '2' : ''}`, `${OURS}.${pass}.${ours}`),
    ),
  );
}

/** Rules of the kernels, in `data.train.params`. */
export const KERNEL_RULES: readonly Rule[] = [
  ...passes(TRAIN, {
    blur_kernel_size: 'kernelSize',
    kernel_list: 'kernelList',
    kernel_prob: 'kernelProb',
    sinc_prob: 'sincProb',
    blur_sigma: 'blurSigma',
    betag_range: 'betagRange',
    betap_range: 'betapRange',
  }),
  parameter(`${TRAIN}.final_sinc_prob`, `${OURS}.finalSincProb`),
];

/** Rules of the section `degradation`. */
export const DEGRADATION_RULES: readonly Rule[] = [
  derived('degradation.sf', '`data.scale`', count, (value) => mapped({ 'data.scale': value })),
  ...passes('degradation', {
    resize_prob: 'resizeProb',
    resize_range: 'resizeRange',
    gaussian_noise_prob: 'gaussianNoiseProb',
    noise_range: 'noiseRange',
    poisson_scale_range: 'poissonScaleRange',
    gray_noise_prob: 'grayNoiseProb',
    jpeg_range: 'jpegRange',
  }),
  parameter('degradation.second_order_prob', `${OURS}.secondOrderProb`),
  parameter('degradation.second_blur_prob', `${OURS}.secondBlurProb`),
  derived(
    'degradation.gt_size',
    '`data.gtSize`; has to equal `data.train.params.gt_size`',
    z.unknown(),
    (value, around): Outcome => {
      const crop = around.value(`${TRAIN}.gt_size`);
      if (value === crop) return mapped({}, 'data.gtSize, as data.train.params.gt_size');
      return { kind: 'refused', expected: `${JSON.stringify(crop)}, as ${TRAIN}.gt_size` };
    },
  ),
  derived(
    'degradation.resize_back',
    '`data.degradation.resizeBack`: when true, `degradation.sf`, and then `data.scale` is 1',
    z.boolean(),
    (value, around): Outcome => {
      if (!isDegraded(around)) return NOT_READ;
      if (!value) return mapped({ [`${OURS}.resizeBack`]: null });
      return mapped({ [`${OURS}.resizeBack`]: around.value('degradation.sf'), 'data.scale': 1 });
    },
  ),
  parameter('degradation.use_sharp', `${OURS}.sharpen`),
  parameter('degradation.queue_size', 'data.pool'),
];
