/** @file A look at activations while a network runs. */
import type { Tensor } from '../engine/tfjs.js';

/** Called with the official module name and its output, in order of execution. Must not dispose the tensor. */
export type Observe = (name: string, activation: Tensor) => void;

/** Looks at nothing. */
export const ignore: Observe = () => undefined;
