/** @file Linear layers, 1x1 convolutions and biases, in the form TensorFlow fuses (MatMul + BiasAdd). */
import { op } from '../engine/op.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { differentiable } from './differentiable.js';
import { param } from './params.js';

function matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return op('MatMul', [a, b], {
    T: { type: 'float32' },
    transpose_a: { bool: transposeA },
    transpose_b: { bool: transposeB },
  });
}

const product = differentiable<'x' | 'weight'>({
  name: 'RsdMatMul',
  saveInputs: ['x', 'weight'],
  forward: ({ x, weight }) => [matMul(x, weight, false, false)],
  gradient: (dy, [x, weight]) => ({
    x: () => matMul(dy, weight!, false, true),
    weight: () => matMul(x!, dy, true, false),
  }),
});

const biased = differentiable<'x' | 'bias'>({
  name: 'RsdBiasAdd',
  saveInputs: [],
  forward: ({ x, bias }) => [op('BiasAdd', [x, bias], { T: { type: 'float32' }, data_format: { string: 'NHWC' } })],
  gradient: (dy) => ({
    x: () => dy.clone(),
    bias: () => op('BiasAddGrad', [dy], { T: { type: 'float32' }, data_format: { string: 'NHWC' } }),
  }),
});

/** Adds `bias` [C] to the last axis of `x` [..., C]. */
export function biasAdd(x: Tensor, bias: Tensor): Tensor {
  return biased({ x, bias });
}

/** Rows [N, in] times `weight` [in, out] plus `bias` [out] -> [N, out]. */
export function affine(rows: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return biasAdd(product({ x: rows, weight }), bias);
}

/**
 * `x` [..., in] times `<prefix>.weight` plus `<prefix>.bias` [out] -> [..., out].
 * The weight is a linear layer's [in, out] or a 1x1 convolution's [1, 1, in, out].
 */
export function linear(params: Params, prefix: string, x: Tensor): Tensor {
  const weight = param(params, `${prefix}.weight`);
  const [inputs, outputs] = weight.shape.slice(-2) as [number, number];
  // Rows stay as they are: a reshape between the bias and an activation would keep TensorFlow from fusing them.
  const rows = x.rank === 2 ? x : tf.reshape(x, [-1, inputs]);
  const y = affine(rows, tf.reshape(weight, [inputs, outputs]), param(params, `${prefix}.bias`));
  return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
}
