/**
 * @file Anti-aliased subsampling (Zhang, "Making convolutional networks shift-invariant again", ICML 2019).
 */
import { op } from '../../engine/op.js';
import { tf, type Tensor } from '../../engine/tfjs.js';
import { differentiable } from '../../nn/differentiable.js';

type Tensor4 = ReturnType<typeof tf.tensor4d>;

function mirror(name: 'MirrorPad' | 'MirrorPadGrad', x: Tensor, width: number): Tensor {
  const paddings = tf.tensor2d([0, 0, width, width, width, width, 0, 0], [4, 2], 'int32');
  return op(name, [x, paddings], { T: { type: 'float32' }, Tpaddings: { type: 'int32' }, mode: { string: 'REFLECT' } });
}

const mirrorPad = differentiable<'x'>({
  name: 'ReflectionPad2d',
  saveInputs: [],
  forward: ({ x }, attributes) => [mirror('MirrorPad', x, attributes['width']!)],
  gradient: (dy, _, attributes) => ({ x: () => tf.tidy(() => mirror('MirrorPadGrad', dy, attributes['width']!)) }),
});

/** Reflects `width` rows and columns at every border, the edge itself not repeated: [B,H,W,c] -> [B,H+2w,W+2w,c]; w < H, W. */
export function reflectionPad(x: Tensor, width: number): Tensor {
  return mirrorPad({ x }, { width });
}

/**
 * Blurs by [1,2,1]/4 in both directions and keeps every second position.
 * @returns [B, floor((H - 3) / 2) + 1, floor((W - 3) / 2) + 1, c]
 */
export function blurPool(x: Tensor): Tensor {
  // [1,2,1]/4 is the mean of two neighbours twice: pooling has faster kernels than a depthwise convolution.
  return tf.avgPool(tf.avgPool(x as Tensor4, 2, 1, 'valid'), 2, 2, 'valid');
}
