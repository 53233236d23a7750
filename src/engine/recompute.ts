/**
 * @file Recomputation (gradient checkpointing, Chen et al. 2016, arXiv 1604.06174): activations of a block are thrown away
 * after the forward pass and computed again when its gradient is due. Less memory for more time, the same numbers.
 */
import { tf, type Params, type Tensor } from './tfjs.js';
import { runAfter } from './tracer.js';

/** TensorFlow.js's tape, as far as it is needed here. */
interface Tape {
  readonly state: { activeTape: unknown };
  gradients(
    f: () => Tensor,
    xs: readonly Tensor[],
    dy: Tensor,
    allowNoGradients: boolean,
  ): { value: Tensor; grads: (Tensor | undefined)[] };
}

/** Tensors that are differentiated for, while recomputation is on. */
let trained: ReadonlySet<Tensor> | undefined;

/**
 * Runs `body`, in which every {@link recomputed} block keeps only its inputs.
 * @param parameters What `body`'s result is differentiated for. Other parameters count as frozen.
 */
export function withRecomputation<T>(parameters: Iterable<Tensor>, body: () => T): T {
  const outer = trained;
  trained = new Set(parameters);
  try {
    return body();
  } finally {
    trained = outer;
  }
}

/**
 * `block(inputs)`, differentiable in `inputs` and in those of `params` that are trained; recomputed for the gradient if
 * recomputation is on.
 * @param inputs Every activation the block reads.
 * @param params Every parameter the block reads; they may be more.
 * @param block A pure function. It runs once more for the gradient.
 */
export function recomputed(
  inputs: readonly Tensor[],
  params: Params,
  block: (inputs: readonly Tensor[]) => Tensor,
): Tensor {
  if (!trained) return block(inputs);
  const own = Object.values(params).filter((parameter) => trained!.has(parameter));
  const once = tf.customGrad((...args: unknown[]) => {
    const save = args.at(-1) as (tensors: Tensor[]) => void;
    save([...inputs]);
    return {
      value: block(inputs),
      gradFunc: (dy: Tensor, saved: Tensor[]) => gradients(saved, own, block, dy),
    };
  });
  return once(...inputs, ...own);
}

/** Gradients by the inputs, then by the parameters. */
function gradients(
  saved: readonly Tensor[],
  own: readonly Tensor[],
  block: (inputs: readonly Tensor[]) => Tensor,
  dy: Tensor,
): Tensor[] {
  // Without this order TensorFlow would merge the second computation with the first and keep all of it.
  const again = saved.map((input) => runAfter(input, dy));
  const xs = [...again, ...own];
  const tape = tf.engine() as unknown as Tape;
  const outer = tape.state.activeTape;
  try {
    const { value, grads } = tape.gradients(() => block(again), xs, dy, true);
    const whole = grads.map((grad, i) => grad ?? tf.zerosLike(xs[i]!));
    tf.dispose([value, ...again]);
    return whole;
  } finally {
    tape.state.activeTape = outer;
  }
}
