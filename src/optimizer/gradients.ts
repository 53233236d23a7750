/** @file Value, side results and gradients of a loss with respect to named parameter groups. */
import { op } from '../engine/op.js';
import { withRecomputation } from '../engine/recompute.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';

/** A scalar to minimise, and what else is wanted of the forward pass. */
export interface LossValue {
  /** Scalar. */
  readonly total: Tensor;
  /** Scalars to log; batch means, so that micro-batches average. */
  readonly terms: Tensors;
  /** Other tensors to hand out, of any shape. */
  readonly extras?: Tensors;
}

/** Gradients of `total`, by group and name; parameters that the loss does not reach are absent. */
export interface LossGradients extends LossValue {
  readonly extras: Tensors;
  readonly grads: Readonly<Record<string, Tensors>>;
}

interface TapeEngine {
  gradients(
    f: () => Tensor,
    xs: Tensor[],
    dy: null,
    allowNoGradients: boolean,
  ): { value: Tensor; grads: (Tensor | null)[] };
}

/**
 * Runs `loss` and differentiates it. Traceable; inside a `tf.tidy` nothing is left over.
 * @param options.recompute Whether blocks of the networks are computed again for the gradient instead of kept.
 */
export function lossGradients(
  groups: Readonly<Record<string, Params>>,
  loss: () => LossValue,
  { recompute = false }: { readonly recompute?: boolean } = {},
): LossGradients {
  const flat = Object.entries(groups).flatMap(([group, params]) =>
    Object.entries(params).map(([name, tensor]) => ({ group, name, tensor })),
  );
  const parameters = flat.map(({ tensor }) => tensor);
  let kept: { terms: Tensors; extras: Tensors } | undefined;
  const { value, grads } = (tf.engine() as unknown as TapeEngine).gradients(
    () => {
      const { total, terms, extras = {} } = recompute ? withRecomputation(parameters, loss) : loss();
      // The tape's scope would dispose of everything but the value. Copies, since a term may be the value itself.
      const keep = (tensor: Tensor): Tensor => tf.keep(tensor.clone());
      kept = { terms: mapTensors(terms, keep), extras: mapTensors(extras, keep) };
      return total;
    },
    parameters,
    null,
    false,
  );
  const named: Record<string, Record<string, Tensor>> = {};
  flat.forEach(({ group, name }, i) => {
    const grad = grads[i];
    if (grad) (named[group] ??= {})[name] = grad;
  });
  return { total: value, terms: released(kept!.terms), extras: released(kept!.extras), grads: named };
}

/** sqrt of the sum of squares over all tensors. */
export function globalNorm(tensors: Tensors): Tensor {
  // L2Loss is half the sum of squares, without a copy of every square.
  const halves = Object.values(tensors).map((tensor) => op('L2Loss', [tensor], { T: { type: 'float32' } }));
  return tf.sqrt(tf.mul(tf.addN(halves), 2));
}

/** The same tensors as results of the surrounding scope, which then disposes of them. */
function released(tensors: Tensors): Tensors {
  return mapTensors(tensors, (tensor) => {
    const copy = tensor.clone();
    tensor.dispose();
    return copy;
  });
}

function mapTensors(tensors: Tensors, map: (tensor: Tensor) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor)]));
}
