/**
 * @file CLIP-IQA (Wang, Chan and Loy, "Exploring CLIP for assessing the look and feel of images", AAAI 2023): how much more an
 * image resembles good words than their opposites, in [0,1], higher is better. Needs no reference.
 *
 * Pinned to the definition of the evaluation script's toolbox (pyiqa 0.1.11): CLIP RN50, five pairs of prompts, the mean of
 * their softmaxes, the image at its own size. The paper and other versions use one pair, "Good photo." and "Bad photo.".
 */
import { tf, type Tensor } from '../engine/tfjs.js';
import { treeToMemory } from '../models/layout.js';
import { readTogether } from '../models/perceptual_files.js';
import { param } from '../nn/params.js';
import type { HostTensor, HostTree } from '../weights/tree.js';
import { encodeImage, encodeTexts } from './clip/networks.js';
import { clipSpecs, imageSide, textSide } from './clip/weights.js';
import { imageArray } from './image_array.js';
import { opinionMetric, requireBounded, requireSides } from './metric.js';
import { MetricNetwork } from './metric_network.js';

/** Each good prompt before its opposite, with CLIP's numbers of its tokens between those of start and end. */
const PROMPTS: readonly (readonly [text: string, tokens: readonly number[]])[] = [
  ['Good image', [886, 2867]],
  ['bad image', [2103, 2867]],
  ['Sharp image', [8157, 2867]],
  ['blurry image', [21977, 2867]],
  ['sharp edges', [8157, 20938]],
  ['blurry edges', [21977, 20938]],
  ['High resolution image', [1400, 9977, 2867]],
  ['low resolution image', [1042, 9977, 2867]],
  ['Noise-free image', [9307, 268, 1139, 2867]],
  ['noisy image', [33495, 2867]],
];
const START = 49406;
const END = 49407;

const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_DEVIATION = [0.26862954, 0.26130258, 0.27577711];
/** The network halves five times. */
const LEAST_SIDE = 32;
const MOST_PIXELS = 16e6;

/** In the published file and not used: the image side's positions, counts of training steps, numbers about the file. */
const NOT_NEEDED =
  /^visual\.attnpool\.positional_embedding$|\.num_batches_tracked$|^(input_resolution|context_length|vocab_size)$/;

const title = 'CLIP-IQA';

/** The prompts as unit vectors [prompts,1024], as a table. */
async function encodePrompts(tree: HostTree): Promise<HostTensor> {
  const tokens = PROMPTS.map(([, inner]) => [START, ...inner, END]);
  const length = Math.max(...tokens.map((text) => text.length));
  const filled = tokens.map((text) => [...text, ...Array<number>(length - text.length).fill(0)]);
  const ends = tokens.map((text) => text.length - 1);
  const network = new MetricNetwork(treeToMemory(textSide(tree, filled)), (params) => ({
    prompts: encodeTexts(params, ends, length),
  }));
  try {
    const { prompts } = await network.run({});
    return { shape: prompts!.shape, data: prompts!.data as Float32Array };
  } finally {
    network.dispose();
  }
}

const standardised = (image: Tensor): Tensor =>
  tf.div(tf.sub(image, tf.tensor1d(CLIP_MEAN)), tf.tensor1d(CLIP_DEVIATION));

/** CLIP-IQA with RN50. */
export const clipIqaMetric = opinionMetric(title, "OpenAI's CLIP RN50 as a state dict", async (files) => {
  const tree = await readTogether(files, clipSpecs(), (name) => (NOT_NEEDED.test(name) ? undefined : name));
  const scale = Math.exp(tree.get('logit_scale')!.data[0]!);
  const prepared = imageSide(tree).set('prompt_embedding.weight', await encodePrompts(tree));
  const network = new MetricNetwork(treeToMemory(prepared), (params, { image }) => {
    const encoded = encodeImage(params, standardised(image!));
    const logits = tf.mul(tf.matMul(encoded, param(params, 'prompt_embedding.weight'), false, true), scale);
    const [good] = tf.split(tf.softmax(tf.reshape(logits, [-1, 2])), 2, 1);
    return { quality: tf.mean(good!) };
  });
  return {
    measure: async (image) => {
      requireSides(image, LEAST_SIDE, title);
      requireBounded(image, MOST_PIXELS, title);
      return (await network.run({ image: imageArray(image) }))['quality']!.data[0]!;
    },
    dispose: () => network.dispose(),
  };
});
