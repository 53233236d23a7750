/** @file Activations: SiLU and the exact GELU. */
import { op } from '../engine/op.js';
import { tf, type Tensor } from '../engine/tfjs.js';
import { differentiable } from './differentiable.js';

const swish = differentiable<'x'>({
  name: 'RsdSilu',
  saveInputs: ['x'],
  forward: ({ x }) => [tf.mul(x, tf.sigmoid(x))],
  gradient: (dy, [x]) => ({
    x: () => {
      const s = tf.sigmoid(x!);
      const slope = op('SigmoidGrad', [s, dy], { T: { type: 'float32' } });
      return tf.add(tf.mul(dy, s), tf.mul(x!, slope));
    },
  }),
});

/** x * sigmoid(x), any shape. */
export function silu(x: Tensor): Tensor {
  return swish({ x });
}

/** Standard normal distribution function, in the order of operations TensorFlow fuses into one GELU. */
function normalCdf(x: Tensor): Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

const exactGelu = differentiable<'x'>({
  name: 'RsdGelu',
  saveInputs: ['x'],
  forward: ({ x }) => [tf.mul(normalCdf(x), x)],
  gradient: (dy, [x]) => ({
    x: () => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(normalCdf(x!), tf.mul(x!, density)));
    },
  }),
});

/** x * Phi(x), Phi the normal distribution function by erf (not the tanh approximation); any shape. */
export function gelu(x: Tensor): Tensor {
  return exactGelu({ x });
}
