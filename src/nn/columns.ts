/** @file Neighbourhoods of a feature map as rows, which makes a 3x3 convolution one matrix product. */
import { tf, type Tensor } from '../engine/tfjs.js';
import { differentiable } from './differentiable.js';

type Shape4 = [number, number, number, number];

/** Offsets of the neighbours, row-major as in a filter [3,3,in,out]. */
const OFFSETS = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => [y, x] as const));

/** Zeros before and after that move a map by `offset` positions, once as many were cut off at the other end. */
const paddings = (offset: number): [number, number] => [Math.max(0, offset), Math.max(0, -offset)];

/** `x` moved by (dy, dx) positions; what leaves the map is lost, zeros come in. */
function moved(x: Tensor, dy: number, dx: number): Tensor {
  const [batch, height, width, channels] = x.shape as Shape4;
  const [below, right] = [paddings(dy), paddings(dx)];
  const kept = tf.slice(x, [0, below[1], right[1], 0], [batch, height - Math.abs(dy), width - Math.abs(dx), channels]);
  return tf.pad(kept, [[0, 0], below, right, [0, 0]]);
}

const neighbours = differentiable<'x'>({
  name: 'RsdColumns',
  saveInputs: [],
  forward: ({ x }) => {
    const [batch, height, width, channels] = x.shape as Shape4;
    const padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]); // prettier-ignore
    const parts = OFFSETS.map(([y, x]) => tf.slice(padded, [0, 1 + y, 1 + x, 0], [batch, height, width, channels]));
    return [tf.concat(parts, 3)];
  },
  gradient: (dy) => ({
    x: () =>
      tf.tidy(() => {
        const parts = tf.split(dy, OFFSETS.length, 3);
        return tf.addN(OFFSETS.map(([y, x], i) => moved(parts[i]!, y, x)));
      }),
  }),
});

/** The nine neighbours of each position, zeros outside the map: [B,H,W,C] -> [B*H*W, 9*C], in a filter's order. */
export function columns(x: Tensor): Tensor {
  return tf.reshape(neighbours({ x }), [-1, OFFSETS.length * x.shape[3]!]);
}
