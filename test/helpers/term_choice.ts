/**
 * @file The weights of a loss's terms as inputs of a program, so that one compiled program gives the gradients of each term:
 * compiling costs seconds, running a fraction of one.
 */
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { groupOf } from './param_groups.js';

const GROUP = 'term weight';

/** Feeds: a scalar weight for each term, zero where none is given. */
export function choice(
  terms: readonly string[],
  weights: Readonly<Record<string, number>> = {},
): Record<string, HostArray> {
  return Object.fromEntries(
    terms.map((name) => [`${GROUP}/${name}`, { shape: [], data: Float32Array.of(weights[name] ?? 0) }]),
  );
}

/** The sum of the terms (scalars) that have a fed weight, each times it. @throws Error if one of them is missing. */
export function chosenTerms(inputs: Tensors, terms: Tensors): Tensor {
  const weighted = Object.entries(groupOf(inputs, GROUP)).map(([name, weight]) => {
    if (!terms[name]) throw new Error(`the loss has no term ${name}`);
    return tf.mul(terms[name], weight);
  });
  return tf.addN(weighted);
}
