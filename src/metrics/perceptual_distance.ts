/**
 * @file LPIPS v0.1 (Zhang et al., CVPR 2018) and ST-LPIPS (Ghildyal and Liu, ECCV 2022) as metrics of images.
 *
 * The distances are those of `losses/lpips.ts` and `losses/stlpips.ts`, on whole images mapped to [-1,1]; nothing is resized.
 */
import { tf, type Tensor } from '../engine/tfjs.js';
import { perceptualMetrics, type PerceptualMetric } from '../losses/perceptual.js';
import { treeToMemory } from '../models/layout.js';
import { readPerceptual } from '../models/perceptual_files.js';
import { hasParameter } from './has_parameter.js';
import { requireWeights, type ImageMetric, type Measure } from './metric.js';
import { networkDistance } from './network_distance.js';
import { shippedFile } from './shipped.js';

/** The networks halve four times, from an eighth on. */
const LEAST_SIDE = 32;
/** By measured memory of a pair: 0.15 kB a pixel for LPIPS' AlexNet, 1.5 kB and more for the others. */
const MOST_PIXELS: Readonly<Record<PerceptualMetric, number>> = {
  'lpips-alex': 32e6,
  'lpips-vgg': 4e6,
  'st-lpips-alex': 5e6,
};

async function loadDistance(name: PerceptualMetric, title: string, files: readonly string[]): Promise<Measure> {
  const toSigned = (image: Tensor): Tensor => tf.sub(tf.mul(image, 2), 1);
  return networkDistance({
    title,
    leastSide: LEAST_SIDE,
    mostPixels: MOST_PIXELS[name],
    tree: treeToMemory(await readPerceptual(name, files)),
    distance: (params, restored, reference) =>
      perceptualMetrics[name].distance(params, toSigned(restored), toSigned(reference)),
  });
}

const common = { direction: 'lower', needsReference: true, symmetric: true, ideal: 0 } as const;

/** LPIPS v0.1; the heads ship, the backbone is torchvision's file or a whole LPIPS module. */
export function lpipsMetric(network: 'alex' | 'vgg'): ImageMetric {
  const title = `LPIPS (${network === 'alex' ? 'AlexNet' : 'VGG16'})`;
  const weights = { files: `torchvision's ${network === 'alex' ? 'alexnet' : 'vgg16'} weights`, shipped: false };
  return {
    ...common,
    title,
    weights,
    load: async (options = {}) => {
      const files = requireWeights(title, weights, options);
      if (!(await hasParameter(files, 'lin'))) files.push(shippedFile(`lpips-${network}-heads.safetensors`));
      return loadDistance(`lpips-${network}`, title, files);
    },
  };
}

/** ST-LPIPS with AlexNet; the shipped weights are the published ones in half precision. */
export const stLpipsMetric: ImageMetric = {
  ...common,
  title: 'ST-LPIPS (AlexNet)',
  weights: { files: 'ST-LPIPS weights, e.g. in full precision', shipped: true },
  load: ({ weights = shippedFile('st-lpips-alex.safetensors') } = {}) =>
    loadDistance('st-lpips-alex', stLpipsMetric.title, [weights].flat()),
};
