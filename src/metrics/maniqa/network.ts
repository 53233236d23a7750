/**
 * @file MANIQA's network: ViT-B/8 features, two stages of attention over channels and over windows, a score and its weight for
 * every token.
 */
import { tf, type Params, type Tensor } from '../../engine/tfjs.js';
import { gelu } from '../../nn/activations.js';
import { conv3x3 } from '../../nn/conv.js';
import { linear } from '../../nn/linear.js';
import { param } from '../../nn/params.js';
import { transformerBlock } from '../transformer.js';
import { FEATURE_BLOCKS, MAP, STAGES, TOKEN, TOKENS, VIT_BLOCKS, VIT_WIDTH, WINDOW } from './weights.js';
import { swinBlock } from './windows.js';

type Tensor4 = ReturnType<typeof tf.tensor4d>;

const VIT_HEADS = 12;
const VIT_EPSILON = 1e-6;
/** Share of a Swin layer's output that is added to its input, of the PIPAL weights. */
const SWIN_SCALE = 0.13;

/** Outputs of the last four ViT blocks side by side: [1,224,224,3] in [-1,1] -> [784,3072]. */
function vitFeatures(params: Params, crop: Tensor): Tensor {
  const filter = param(params, 'vit.patch_embed.proj.weight') as Tensor4;
  const patches = tf.add(
    tf.conv2d(crop as Tensor4, filter, TOKEN, 'valid'),
    param(params, 'vit.patch_embed.proj.bias'),
  );
  const first = tf.reshape(param(params, 'cls'), [1, VIT_WIDTH]);
  const tokens = tf.concat([first, tf.reshape(patches, [TOKENS, VIT_WIDTH])], 0);
  let x: Tensor = tf.reshape(tf.add(tokens, param(params, 'place_embedding.weight')), [1, TOKENS + 1, VIT_WIDTH]);
  const features: Tensor[] = [];
  for (let block = 0; block < VIT_BLOCKS; block++) {
    x = transformerBlock(params, `vit.blocks.${block}`, x, { heads: VIT_HEADS, eps: VIT_EPSILON, activation: gelu });
    if (block < VIT_BLOCKS - FEATURE_BLOCKS) continue;
    features.push(tf.reshape(tf.slice(x, [0, 1, 0], [1, TOKENS, VIT_WIDTH]), [TOKENS, VIT_WIDTH]));
  }
  return tf.concat(features, 1);
}

/**
 * Attention between channels, added: [C,784] -> [C,784].
 *
 * The result [C,784] is transposed and then read as if it were not, in the published program and so in its weights.
 */
function transposedAttention(params: Params, prefix: string, x: Tensor): Tensor {
  const [q, k, v] = ['c_q', 'c_k', 'c_v'].map((part) => linear(params, `${prefix}.${part}`, x)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const mixed = tf.matMul(tf.softmax(tf.matMul(tf.mul(q, TOKENS ** -0.5), k, false, true)), v);
  return tf.add(x, tf.reshape(tf.transpose(mixed), x.shape));
}

/** One stage: [784,inputs] -> [784,width]. */
function stage(params: Params, index: number, x: Tensor): Tensor {
  let channels: Tensor = tf.transpose(x);
  for (const block of [0, 1]) channels = transposedAttention(params, `tablock${index}.${block}`, channels);
  const narrow = linear(params, `conv${index}`, tf.transpose(channels));
  const width = narrow.shape[1]!;
  let map: Tensor = tf.reshape(narrow, [1, MAP, MAP, width]);
  for (const layer of [0, 1]) {
    const name = `swintransformer${index}.layers.${layer}`;
    let y = swinBlock(params, `${name}.blocks.0`, map, 0);
    y = swinBlock(params, `${name}.blocks.1`, y, WINDOW / 2);
    map = tf.add(map, tf.mul(tf.relu(conv3x3(params, `${name}.conv`, y)), SWIN_SCALE));
  }
  return tf.reshape(map, [TOKENS, width]);
}

/** One branch of the head, before its last activation: [784,384] -> [784,1]. */
function branch(params: Params, name: string, x: Tensor): Tensor {
  return linear(params, `${name}.3`, tf.relu(linear(params, `${name}.0`, x)));
}

/**
 * Quality of a crop: the scores' weighted mean.
 * @param params Memory layout, of `preparedManiqa`.
 * @param crop [1,224,224,3] in [-1,1].
 * @returns A scalar.
 */
export function maniqa(params: Params, crop: Tensor): Tensor {
  return tf.tidy(() => {
    let x = vitFeatures(params, crop);
    STAGES.forEach((_, i) => (x = stage(params, i + 1, x)));
    const score = tf.relu(branch(params, 'fc_score', x));
    const weight = tf.sigmoid(branch(params, 'fc_weight', x));
    return tf.div(tf.sum(tf.mul(score, weight)), tf.sum(weight));
  });
}
