/** @file Group norm: value and hand-written gradient against the definition in plain operations. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { groupNorm } from '../../src/nn/group_norm.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { expectSameFunction } from '../helpers/gradient_check.js';

const EPS = 1e-5;

function plainGroupNorm(x: Tensor, weight: Tensor, bias: Tensor, groups: number): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const grouped = tf.reshape(x, [batch, height * width, groups, channels / groups]);
  const { mean, variance } = tf.moments(grouped, [1, 3], true);
  const normalised = tf.reshape(tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, EPS))), x.shape);
  return tf.add(tf.mul(normalised, weight), bias);
}

describe.each(engineKinds)('%s', (kind) => {
  it.each([
    [[2, 4, 6, 8], 4],
    [[1, 5, 3, 8], 8],
    [[3, 4, 4, 6], 1],
  ])('follows the definition on %j with %i groups', async (shape, groups) => {
    const channels = shape[3]!;
    await expectSameFunction(
      kind,
      (x, weight, bias) => groupNorm({ 'n.weight': weight, 'n.bias': bias }, 'n', x, { groups, eps: EPS }),
      (x, weight, bias) => plainGroupNorm(x, weight, bias, groups),
      [shape, [channels], [channels]],
    );
  });

  it('folds scale and shift into the affine map', async () => {
    await expectSameFunction(
      kind,
      (x, weight, bias, scale, shift) =>
        groupNorm(
          { 'n.weight': weight, 'n.bias': bias },
          'n',
          x,
          { groups: 2, eps: EPS },
          { scale: scale, shift: shift },
        ),
      (x, weight, bias, scale, shift) => {
        const over = (values: Tensor): Tensor => tf.reshape(values, [2, 1, 1, 8]);
        return tf.add(tf.mul(plainGroupNorm(x, weight, bias, 2), tf.add(over(scale), 1)), over(shift));
      },
      [[2, 4, 6, 8], [8], [8], [2, 8], [2, 8]],
    );
  });

  it('keeps its precision far from zero', async () => {
    const data = Float32Array.from({ length: 64 * 64 * 2 }, (_, i) => 100 + Math.sin(i));
    const found = await evaluate(
      kind,
      ({ x }) => ({
        y: groupNorm({ 'n.weight': tf.ones([2]), 'n.bias': tf.zeros([2]) }, 'n', x!, { groups: 1, eps: EPS }),
      }),
      { x: { shape: [1, 64, 64, 2], data } },
    );
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    const error = data.map((value, i) => Math.abs(found['y']!.data[i]! - (value - mean) / Math.sqrt(variance + EPS)));
    expect(Math.max(...error)).toBeLessThan(1e-4);
  });
});
