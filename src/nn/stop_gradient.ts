/** @file A value without its gradient. */
import { op } from '../engine/op.js';
import type { Tensor } from '../engine/tfjs.js';

/** `x` (float32 or int32) as a constant of differentiation: ops called by name are not recorded for gradients. */
export function stopGradient(x: Tensor): Tensor {
  return op('Identity', [x], { T: { type: x.dtype as 'float32' | 'int32' } });
}
