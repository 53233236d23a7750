/** @file A value without its gradient. */
import { op } from '../engine/op.js';
import type { Tensor } from '../engine/tfjs.js';

/**
 * The same values as a constant for differentiation (float32, any shape).
 * The kernel is called past TensorFlow.js's tape, so nothing before it is walked back through at all.
 */
export function stopGradient(x: Tensor): Tensor {
  return op('StopGradient', [x], { T: { type: 'float32' } });
}
