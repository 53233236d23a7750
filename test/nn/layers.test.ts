/** @file Activations, linear layers, convolutions and resampling: value and hand-written gradient against plain operations. */
import { describe, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { gelu, silu } from '../../src/nn/activations.js';
import { conv3x3, strided3x3 } from '../../src/nn/conv.js';
import { linear } from '../../src/nn/linear.js';
import { pixelUnshuffle2, rollBack, upsampleNearest } from '../../src/nn/resample.js';
import { upsampleConv3x3 } from '../../src/nn/upsample_conv.js';
import { engineKinds } from '../helpers/evaluate.js';
import { expectSameFunction } from '../helpers/gradient_check.js';

const named = (weight?: Tensor, bias?: Tensor): Record<string, Tensor> => ({ 'l.weight': weight!, 'l.bias': bias! });

/** Every `stride`-th slice of an axis from `begin` on, `count` of them. */
function every(x: Tensor, axis: number, begin: number, stride: number, count: number): Tensor {
  return tf.gather(
    x,
    tf.tensor1d(
      Array.from({ length: count }, (_, i) => begin + i * stride),
      'int32',
    ),
    axis,
  );
}

/** Zero-padded 3x3 convolution as a sum of shifted products: independent of any convolution kernel. */
function plainConv(x: Tensor, weight: Tensor, bias: Tensor, stride: number, before: number, after: number): Tensor {
  const sides: [number, number] = [before, after];
  const padded = tf.pad(x, [[0, 0], sides, sides, [0, 0]]);
  const [batch, height, width] = padded.shape as [number, number, number];
  const [outHeight, outWidth] = [height, width].map((size) => Math.floor((size - 3) / stride) + 1) as [number, number];
  const [inputs, outputs] = weight.shape.slice(2) as [number, number];
  const terms = Array.from({ length: 9 }, (_, tap) => {
    const [dy, dx] = [Math.floor(tap / 3), tap % 3];
    const pixels = every(every(padded, 1, dy, stride, outHeight), 2, dx, stride, outWidth);
    const matrix = tf.reshape(tf.slice(weight, [dy, dx, 0, 0], [1, 1, inputs, outputs]), [inputs, outputs]);
    return tf.matMul(tf.reshape(pixels, [-1, inputs]), matrix);
  });
  return tf.add(tf.reshape(tf.addN(terms), [batch, outHeight, outWidth, outputs]), bias);
}

describe.each(engineKinds)('%s', (kind) => {
  it('silu', async () => {
    await expectSameFunction(
      kind,
      (x) => silu(x),
      (x) => tf.div(x, tf.add(tf.exp(tf.neg(x)), 1)),
      [[3, 17]],
    );
  });

  it('gelu', async () => {
    const plain = (x: Tensor): Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1));
    await expectSameFunction(
      kind,
      (x) => gelu(x),
      (x) => plain(x),
      [[3, 17]],
    );
  });

  it.each([[[5, 7]], [[1, 1, 5, 7]]])('linear with a weight of %j', async (shape) => {
    await expectSameFunction(
      kind,
      (x, weight, bias) => linear(named(weight, bias), 'l', x),
      (x, weight, bias) => {
        const product = tf.matMul(tf.reshape(x, [-1, 5]), tf.reshape(weight, [5, 7]));
        return tf.add(tf.reshape(product, [2, 3, 4, 7]), bias);
      },
      [[2, 3, 4, 5], shape, [7]],
    );
  });

  it('3x3 convolution', async () => {
    await expectSameFunction(
      kind,
      (x, weight, bias) => conv3x3(named(weight, bias), 'l', x),
      (x, weight, bias) => plainConv(x, weight, bias, 1, 1, 1),
      [[2, 4, 6, 3], [3, 3, 3, 5], [5]],
    );
  });

  it.each([
    [1, 4, 6],
    [0, 4, 6],
    [1, 5, 7],
  ] as const)('strided convolution, %i zeros before, on %ix%i', async (before, height, width) => {
    await expectSameFunction(
      kind,
      (x, weight, bias) => strided3x3(named(weight, bias), 'l', x, before),
      (x, weight, bias) => plainConv(x, weight, bias, 2, before, 1),
      [[2, height, width, 3], [3, 3, 3, 5], [5]],
    );
  });

  it('3x3 convolution with many weights for each position, as a product of columns', async () => {
    await expectSameFunction(
      kind,
      (x, weight, bias) => conv3x3(named(weight, bias), 'l', x),
      (x, weight, bias) => plainConv(x, weight, bias, 1, 1, 1),
      [[2, 2, 3, 96], [3, 3, 96, 80], [80]], // prettier-ignore
    );
  });

  it.each([
    ['', 4, 5],
    [' with many weights for each position', 160, 160],
  ])('nearest upsampling and 3x3 convolution in one%s', async (_, inputs, outputs) => {
    const twice = (size: number): Tensor => tf.tensor1d(Array.from({ length: 2 * size }, (_, i) => i >> 1), 'int32'); // prettier-ignore
    await expectSameFunction(
      kind,
      (x, weight, bias) => upsampleConv3x3(named(weight, bias), 'l', x),
      (x, weight, bias) => {
        const rows = tf.gather(x, twice(3), 1);
        return plainConv(tf.gather(rows, twice(2), 2), weight, bias, 1, 1, 1);
      },
      [[1, 3, 2, inputs], [3, 3, inputs, outputs], [outputs]], // prettier-ignore
    );
  });

  it.each([2, 4])('nearest upsampling by %i', async (factor) => {
    const source = (size: number): number[] => Array.from({ length: size * factor }, (_, i) => Math.floor(i / factor));
    const plain = (x: Tensor): Tensor =>
      tf.gather(tf.gather(x, tf.tensor1d(source(3), 'int32'), 1), tf.tensor1d(source(5), 'int32'), 2);
    await expectSameFunction(
      kind,
      (x) => upsampleNearest(x, factor),
      (x) => plain(x),
      [[2, 3, 5, 4]],
    );
  });

  it.each([1, 3, -2])('cyclic shift by %i', async (count) => {
    const source = (size: number): number[] => Array.from({ length: size }, (_, i) => (i + count + size) % size);
    const plain = (x: Tensor): Tensor =>
      tf.gather(tf.gather(x, tf.tensor1d(source(4), 'int32'), 1), tf.tensor1d(source(6), 'int32'), 2);
    await expectSameFunction(
      kind,
      (x) => rollBack(x, count),
      (x) => plain(x),
      [[2, 4, 6, 3]],
    );
  });

  it('pixel-unshuffle orders channels by colour, row, column', async () => {
    const plain = (x: Tensor): Tensor => {
      const phase = (dy: number, dx: number, c: number): Tensor =>
        every(every(every(x, 1, dy, 2, 2), 2, dx, 2, 3), 3, c, 1, 1);
      const phases = [0, 1, 2].flatMap((c) => [0, 1].flatMap((dy) => [0, 1].map((dx) => phase(dy, dx, c))));
      return tf.concat(phases, 3);
    };
    await expectSameFunction(
      kind,
      (x) => pixelUnshuffle2(x),
      (x) => plain(x),
      [[2, 4, 6, 3]],
    );
  });
});
