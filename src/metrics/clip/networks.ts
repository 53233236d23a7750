/**
 * @file CLIP RN50 (Radford et al., "Learning transferable visual models from natural language supervision", ICML 2021): texts
 * and images as unit vectors of one space. The image side has no positional embedding and takes any size, as CLIP-IQA has it.
 */
import { tf, type Params, type Tensor } from '../../engine/tfjs.js';
import { conv3x3, strided3x3 } from '../../nn/conv.js';
import { linear } from '../../nn/linear.js';
import { param } from '../../nn/params.js';
import { layerNorm, transformerBlock } from '../transformer.js';
import { BOTTLENECKS, TEXT_LAYERS, TEXT_WIDTH, type Bottleneck } from './weights.js';

type Tensor4 = ReturnType<typeof tf.tensor4d>;

const EPSILON = 1e-5;
const TEXT_HEADS = 8;
const POOLING_HEADS = 32;
/** Keeps a token from the tokens after it. */
const FORBIDDEN = -1e9;

const halved = (x: Tensor): Tensor => tf.avgPool(x as Tensor4, 2, 2, 'valid');
const quickGelu = (x: Tensor): Tensor => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702)));
const unit = (x: Tensor): Tensor => tf.div(x, tf.norm(x, 'euclidean', -1, true));

/**
 * Texts as unit vectors.
 * @param params Memory layout, of `textSide`.
 * @param ends Place of each text's last token; what follows it does not matter.
 * @param length Tokens of each text.
 * @returns [texts,1024]
 */
export function encodeTexts(params: Params, ends: readonly number[], length: number): Tensor {
  return tf.tidy(() => {
    const causal = Float32Array.from({ length: length * length }, (_, i) =>
      i % length > Math.floor(i / length) ? FORBIDDEN : 0,
    );
    const mask = tf.tensor2d(causal, [length, length]);
    let x: Tensor = tf.reshape(param(params, 'prompt_embedding.weight'), [ends.length, length, TEXT_WIDTH]);
    const options = { heads: TEXT_HEADS, eps: EPSILON, activation: quickGelu, mask };
    for (let layer = 0; layer < TEXT_LAYERS; layer++) x = transformerBlock(params, `block_${layer}`, x, options);
    const last = ends.map((end, text) => tf.reshape(tf.slice(x, [text, end, 0], [1, 1, TEXT_WIDTH]), [1, TEXT_WIDTH]));
    const projected = tf.matMul(
      layerNorm(params, 'ln_final', tf.concat(last, 0), EPSILON),
      param(params, 'text_projection.weight'),
    );
    return unit(projected);
  });
}

function bottleneck(params: Params, x: Tensor, { name, halves, projected }: Bottleneck): Tensor {
  let y = tf.relu(linear(params, `${name}.conv1`, x));
  y = tf.relu(conv3x3(params, `${name}.conv2`, y));
  y = linear(params, `${name}.conv3`, halves ? halved(y) : y);
  const shortcut = halves ? halved(x) : x;
  return tf.relu(tf.add(y, projected ? linear(params, `${name}.downsample.0`, shortcut) : shortcut));
}

/** Attention of the mean over all positions to every position and itself: [1,h,w,2048] -> [1,1024]. */
function attentionPool(params: Params, x: Tensor): Tensor {
  const channels = x.shape[3]!;
  const positions = tf.reshape(x, [-1, channels]);
  const mean = tf.mean(positions, 0, true);
  const tokens = tf.concat([mean, positions], 0);
  const width = channels / POOLING_HEADS;
  const project = (part: string, rows: Tensor): Tensor => {
    const projected = linear(params, `visual.attnpool.${part}`, rows);
    return tf.transpose(tf.reshape(projected, [-1, POOLING_HEADS, width]), [1, 0, 2]);
  };
  const logits = tf.matMul(tf.mul(project('q_proj', mean), width ** -0.5), project('k_proj', tokens), false, true);
  const mixed = tf.matMul(tf.softmax(logits), project('v_proj', tokens));
  return linear(params, 'visual.attnpool.c_proj', tf.reshape(mixed, [1, channels]));
}

/**
 * An image as a unit vector.
 * @param params Memory layout, of `imageSide`.
 * @param image [1,H,W,3], standardised by CLIP's colours.
 * @returns [1,1024]
 */
export function encodeImage(params: Params, image: Tensor): Tensor {
  return tf.tidy(() => {
    let x = tf.relu(strided3x3(params, 'visual.conv1', image, 1));
    for (const name of ['visual.conv2', 'visual.conv3']) x = tf.relu(conv3x3(params, name, x));
    x = halved(x);
    for (const block of BOTTLENECKS) x = bottleneck(params, x, block);
    return unit(attentionPool(params, x));
  });
}
