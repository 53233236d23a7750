/** @file Holds a function with a hand-written gradient to the same function written in plain TensorFlow.js operations. */
import { expect } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import type { EngineKind } from '../../src/engine/types.js';
import { evaluate } from './evaluate.js';
import { formulaInput } from './formula_weights.js';
import { maxAbs, maxDifference } from './golden_tensors.js';

/** Values in ±2, by formula so that runs repeat. */
export function sampleArray(name: string, shape: readonly number[]): ReturnType<typeof formulaInput> {
  return formulaInput(`input:${name}`, shape, 4);
}

/**
 * Expects `ours` and `plain` to agree in value and in the gradients for all inputs of a weighted sum of the result.
 * @param shapes Input shapes; values are made up.
 * @param tolerance Relative to the largest expected value, or to 1 where that is larger (a gradient may be zero).
 */
export async function expectSameFunction(
  kind: EngineKind,
  ours: (...inputs: Tensor[]) => Tensor,
  plain: (...inputs: Tensor[]) => Tensor,
  shapes: readonly (readonly number[])[],
  tolerance = 1e-5,
): Promise<void> {
  const feeds = Object.fromEntries(shapes.map((shape, i) => [`input${i}`, sampleArray(`input${i}`, shape)]));
  const run = (f: (...inputs: Tensor[]) => Tensor, named: Readonly<Record<string, Tensor>>): Record<string, Tensor> => {
    const inputs = shapes.map((_, i) => named[`input${i}`]!);
    const loss = (...values: Tensor[]): Tensor => {
      const y = f(...values);
      const weights = sampleArray('weights', y.shape);
      return tf.sum(tf.mul(y, tf.tensor(weights.data, [...weights.shape])));
    };
    const grads = tf.grads(loss)(inputs);
    return { value: f(...inputs), ...Object.fromEntries(grads.map((grad, i) => [`gradient ${i}`, grad])) };
  };
  const found = await evaluate(kind, (named) => run(ours, named), feeds);
  const expected = await evaluate('eager', (named) => run(plain, named), feeds);
  for (const [name, value] of Object.entries(expected)) {
    expect(maxDifference(found[name]!, value), name).toBeLessThanOrEqual(tolerance * Math.max(maxAbs(value), 1));
  }
}
