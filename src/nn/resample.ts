/** @file Rearranging feature maps in space: nearest upsampling, pixel-unshuffle, cyclic shift. */
import { tf, type Tensor } from '../engine/tfjs.js';
import { differentiable } from './differentiable.js';

const nearest = differentiable<'x'>({
  name: 'RsdNearest',
  saveInputs: [],
  forward: ({ x }, attributes) => {
    const [, height, width] = x.shape as [number, number, number, number];
    const factor = attributes['factor']!;
    return [tf.image.resizeNearestNeighbor(x as ReturnType<typeof tf.tensor4d>, [height * factor, width * factor])];
  },
  // The sum of each block of equal pixels; the library's own gradient scatters, which is not deterministic on a GPU.
  gradient: (dy, _saved, attributes) => ({
    x: () => {
      const factor = attributes['factor']!;
      return tf.mul(tf.avgPool(dy as ReturnType<typeof tf.tensor4d>, factor, factor, 'valid'), factor ** 2);
    },
  }),
});

/** Nearest-neighbour upsampling by an integer `factor`: [B,H,W,C] -> [B,H*factor,W*factor,C]. */
export function upsampleNearest(x: Tensor, factor: number): Tensor {
  return nearest({ x }, { factor });
}

/** PyTorch's pixel-unshuffle: [B,H,W,C] -> [B,H/2,W/2,4C], channel index c*4 + dy*2 + dx. */
export function pixelUnshuffle2(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const blocks = tf.reshape(x, [batch, height / 2, 2, width / 2, 2, channels]);
  return tf.reshape(tf.transpose(blocks, [0, 1, 3, 5, 2, 4]), [batch, height / 2, width / 2, 4 * channels]);
}

/** Moves the first `count` slices of an axis to its end. */
function rotate(x: Tensor, axis: number, count: number): Tensor {
  const [head, tail] = tf.split(x, [count, x.shape[axis]! - count], axis) as [Tensor, Tensor];
  return tf.concat([tail, head], axis);
}

const rolled = differentiable<'x'>({
  name: 'RsdRoll',
  saveInputs: [],
  forward: ({ x }, attributes) => [rotate(rotate(x, 1, attributes['rows']!), 2, attributes['columns']!)],
  gradient: (dy, _saved, attributes) => ({
    x: () => rotate(rotate(dy, 1, dy.shape[1]! - attributes['rows']!), 2, dy.shape[2]! - attributes['columns']!),
  }),
});

/** Cyclic shift of [B,H,W,C] by (-count, -count): row `count` becomes row 0. `count` may be negative. */
export function rollBack(x: Tensor, count: number): Tensor {
  const wrap = (size: number): number => ((count % size) + size) % size;
  return rolled({ x }, { rows: wrap(x.shape[1]!), columns: wrap(x.shape[2]!) });
}
