/** @file MUSIQ's network: a small convolutional encoder of patches, a transformer over all of them, a linear head. */
import { gatherRows } from '../../engine/op.js';
import { tf, type Params, type Tensor } from '../../engine/tfjs.js';
import { gelu } from '../../nn/activations.js';
import { groupNorm } from '../../nn/group_norm.js';
import { linear } from '../../nn/linear.js';
import { param } from '../../nn/params.js';
import { layerNorm, transformerBlock } from '../transformer.js';
import { LAYERS, WIDTH } from './weights.js';

type Tensor4 = ReturnType<typeof tf.tensor4d>;

const GROUPS = 32;
const HEADS = 6;
/** Of the transformer's norms and of the first group norm; the block's group norms have their own. */
const EPSILON = 1e-6;
const BLOCK_EPSILON = 1e-4;

function convolve(params: Params, name: string, x: Tensor, stride: 1 | 2 = 1): Tensor {
  return tf.conv2d(x as Tensor4, param(params, `${name}.weight`) as Tensor4, stride, 'same');
}

/** [N,32,32,3] -> [N,8,8,256]. */
function encodePatches(params: Params, patches: Tensor): Tensor {
  const root = groupNorm(params, 'gn_root', convolve(params, 'conv_root', patches, 2), {
    groups: GROUPS,
    eps: EPSILON,
  });
  const x = tf.maxPool(tf.relu(root) as Tensor4, 3, 2, 'same');
  const layer = (name: string, input: Tensor): Tensor =>
    groupNorm(params, `block1.gn${name}`, convolve(params, `block1.conv${name}`, input), {
      groups: GROUPS,
      eps: BLOCK_EPSILON,
    });
  const inner = layer('3', tf.relu(layer('2', tf.relu(layer('1', x)))));
  return tf.relu(tf.add(inner, layer('_proj', x)));
}

/**
 * Quality of an image.
 * @param params Memory layout, of `preparedMusiq`.
 * @param patches [N,32,32,3] in [-1,1].
 * @param places,sizes Grid place and size of each patch, int32 [N].
 * @returns [1]
 */
export function musiq(params: Params, patches: Tensor, places: Tensor, sizes: Tensor): Tensor {
  return tf.tidy(() => {
    const count = patches.shape[0];
    const encoded = tf.reshape(encodePatches(params, patches), [count, -1]);
    const embedded = tf.addN([
      linear(params, 'patch_projection', encoded),
      gatherRows(param(params, 'place_embedding.weight'), places),
      gatherRows(param(params, 'size_embedding.weight'), sizes),
    ]);
    const tokens = tf.concat([tf.reshape(param(params, 'cls'), [1, WIDTH]), embedded], 0);
    let x: Tensor = tf.reshape(tokens, [1, count + 1, WIDTH]);
    const options = { heads: HEADS, eps: EPSILON, activation: gelu };
    for (let layer = 0; layer < LAYERS; layer++) x = transformerBlock(params, `block_${layer}`, x, options);
    const first = tf.reshape(tf.slice(x, [0, 0, 0], [1, 1, WIDTH]), [1, WIDTH]);
    return tf.reshape(linear(params, 'head', layerNorm(params, 'encoder_norm', first, EPSILON)), [1]);
  });
}
