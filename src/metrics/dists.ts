/**
 * @file DISTS (Ding, Ma, Wang and Simoncelli, "Image quality assessment: unifying structure and texture similarity",
 * TPAMI 2020): means (texture) and covariances (structure) of VGG16 features.
 *
 * Images keep their size: the authors' example program shrinks them to a shorter side of 256 first, the evaluation
 * script of the published tables does not.
 */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { lpipsSpecs } from '../losses/lpips.js';
import { blurPool } from '../losses/perceptual/blur_pool.js';
import { paddedConvolution } from '../losses/perceptual/feature_distance.js';
import { treeToMemory } from '../models/layout.js';
import { readTogether } from '../models/perceptual_files.js';
import type { ParamSpec } from '../nn/param_spec.js';
import { param } from '../nn/params.js';
import { hasParameter } from './has_parameter.js';
import { IMAGENET_DEVIATION, IMAGENET_MEAN } from './imagenet.js';
import { requireWeights, type ImageMetric } from './metric.js';
import { networkDistance } from './network_distance.js';
import { shippedFile } from './shipped.js';

/** Convolutions of the five stages, by position in torchvision's `features`; pooling lies between stages. */
const STAGES = [
  [0, 2],
  [5, 7],
  [10, 12, 14],
  [17, 19, 21],
  [24, 26, 28],
];
/** Channels compared: the image's and those of every stage's last activation. */
const CHANNELS = 3 + 64 + 128 + 256 + 512 + 512;
/** c1 and c2 of eqs. 4 and 5. */
const STABILISER = 1e-6;
const LEAST_SIDE = 16;
/** 1.9 kB a pixel were measured for a pair. */
const MOST_PIXELS = 4e6;

/** Parameters: `features.N.weight`, `features.N.bias` of VGG16, and `alpha`, `beta` [1,1475,1,1]. */
export function distsSpecs(): ParamSpec[] {
  const init = { kind: 'constant', value: 0.1 } as const;
  return [
    ...lpipsSpecs('vgg').filter(({ name }) => name.startsWith('features.')),
    { name: 'alpha', shape: [1, CHANNELS, 1, 1], init },
    { name: 'beta', shape: [1, CHANNELS, 1, 1], init },
  ];
}

/** Root of the squares' average under a 3x3 Hanning window, every second position: [B,H,W,c] -> [B,ceil(H/2),ceil(W/2),c]. */
function l2Pool(x: Tensor): Tensor {
  const padded = tf.pad(tf.square(x), [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  return tf.sqrt(tf.add(blurPool(padded), 1e-12));
}

/** The image [B,H,W,3] in [0,1] itself and the activations that are compared. */
function stages(params: Params, image: Tensor): Tensor[] {
  let x = tf.div(tf.sub(image, tf.tensor1d(IMAGENET_MEAN)), tf.tensor1d(IMAGENET_DEVIATION));
  const features = STAGES.map((convolutions, stage) => {
    if (stage > 0) x = l2Pool(x);
    for (const index of convolutions) x = tf.relu(paddedConvolution(params, `features.${index}`, x, 1));
    return x;
  });
  return [image, ...features];
}

const spatialMean = (x: Tensor): Tensor => tf.mean(x, [1, 2], true);

/** Similarity of texture and of structure per channel (eqs. 4, 5): [B,h,w,c] twice -> [B,c] twice. */
function similarities(a: Tensor, b: Tensor): { texture: Tensor; structure: Tensor } {
  const [meanA, meanB] = [spatialMean(a), spatialMean(b)];
  const [restA, restB] = [tf.sub(a, meanA), tf.sub(b, meanB)];
  // (2 product + c) / (sum of squares + c)
  const ratio = (product: Tensor, squareA: Tensor, squareB: Tensor): Tensor =>
    tf.squeeze(tf.div(tf.add(tf.mul(product, 2), STABILISER), tf.add(tf.add(squareA, squareB), STABILISER)), [1, 2]);
  return {
    texture: ratio(tf.mul(meanA, meanB), tf.square(meanA), tf.square(meanB)),
    structure: ratio(spatialMean(tf.mul(restA, restB)), spatialMean(tf.square(restA)), spatialMean(tf.square(restB))),
  };
}

/**
 * DISTS per sample.
 * @param params Memory layout, names of {@link distsSpecs}.
 * @param a,b Images [B,H,W,3] in [0,1].
 * @returns [B], 0 for equal images; larger is more different.
 */
export function dists(params: Params, a: Tensor, b: Tensor): Tensor {
  return tf.tidy(() => {
    const [featuresA, featuresB] = [stages(params, a), stages(params, b)];
    const compared = featuresA.map((feature, i) => similarities(feature, featuresB[i]!));
    const weighted = (values: Tensor[], weights: Tensor): Tensor => tf.sum(tf.mul(tf.concat(values, 1), weights), 1);
    const alpha = tf.reshape(param(params, 'alpha'), [CHANNELS]);
    const beta = tf.reshape(param(params, 'beta'), [CHANNELS]);
    const similarity = tf.add(
      weighted(
        compared.map(({ texture }) => texture),
        alpha,
      ),
      weighted(
        compared.map(({ structure }) => structure),
        beta,
      ),
    );
    return tf.sub(1, tf.div(similarity, tf.add(tf.sum(alpha), tf.sum(beta))));
  });
}

const title = 'DISTS';
const weights = { files: "torchvision's vgg16 weights", shipped: false };

/** DISTS; alpha and beta ship, the backbone is torchvision's file. */
export const distsMetric: ImageMetric = {
  title,
  weights,
  direction: 'lower',
  needsReference: true,
  symmetric: true,
  ideal: 0,
  load: async (options = {}) => {
    const files = requireWeights(title, weights, options);
    if (!(await hasParameter(files, 'alpha'))) files.push(shippedFile('dists-alpha-beta.safetensors'));
    const rename = (name: string): string | undefined => {
      return name.startsWith('classifier.') ? undefined : name.replace(/^vgg16\.features\./, 'features.');
    };
    const tree = treeToMemory(await readTogether(files, distsSpecs(), rename));
    return networkDistance({ title, leastSide: LEAST_SIDE, mostPixels: MOST_PIXELS, tree, distance: dists });
  },
};
