/** @file Operations with a hand-written gradient, as kernels of TensorFlow.js: gradients of inputs that nobody asks for are not computed. */
import { tf, type Tensor } from '../engine/tfjs.js';

/** Numbers that are part of an operation, not data. */
export type Attributes = Readonly<Record<string, number>>;

/** How a differentiable operation computes its value and its gradient. */
export interface Differentiable<Input extends string> {
  /** TensorFlow.js knows the operation by this name: unique in the process. */
  readonly name: string;
  /** Inputs the gradient needs. */
  readonly saveInputs: readonly Input[];
  /** How many outputs of `forward` after the first the gradient needs. */
  readonly savedOutputs?: number;
  /** Value, followed by what the gradient needs besides. Runs inside a tidy scope. */
  forward(inputs: Readonly<Record<Input, Tensor>>, attributes: Attributes): Tensor[];
  /**
   * Gradient functions by input, each called at most once. They must return new tensors: the engine disposes them.
   * @param dy Gradient of the first output.
   * @param saved The saved inputs, then the saved outputs.
   */
  gradient(dy: Tensor, saved: readonly Tensor[], attributes: Attributes): Record<Input, () => Tensor>;
}

/** Registers the operation and returns the function that runs it. */
export function differentiable<Input extends string>(
  definition: Differentiable<Input>,
): (inputs: Readonly<Record<Input, Tensor>>, attributes?: Attributes) => Tensor {
  const savedOutputs = definition.savedOutputs ?? 0;
  tf.registerKernel({
    kernelName: definition.name,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => definition.forward(inputs as unknown as Record<Input, Tensor>, attrs as unknown as Attributes)),
  });
  tf.registerGradient({
    kernelName: definition.name,
    inputsToSave: [...definition.saveInputs],
    outputsToSave: [false, ...Array<boolean>(savedOutputs).fill(true)],
    gradFunc: (dy, saved, attrs) =>
      definition.gradient(Array.isArray(dy) ? dy[0]! : dy, saved, attrs as unknown as Attributes),
  });
  return (inputs, attributes = {}) => {
    const outputs: Tensor | Tensor[] = tf.engine().runKernel(definition.name, inputs, { ...attributes });
    if (!Array.isArray(outputs)) return outputs;
    // The tape holds its own references to what the gradient needs.
    tf.dispose(outputs.slice(1));
    return outputs[0]!;
  };
}
