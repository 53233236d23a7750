/** @file The engine's contract: programs over named tensors and resident state, run op by op or as one graph. */
import type { HostTree } from '../weights/tree.js';
import type { HostArray } from './host_array.js';
import type { Params, Tensor, Tensors } from './tfjs.js';

export type EngineKind = 'compiled' | 'eager';

/** Shape and type of a program's input. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

/** What a program may do with resident state while it runs. */
export interface StateAccess {
  /** Current values of a group of variables (or constants), by name. */
  read(group: string): Params;
  /** Replaces variables of a group after every read of this run. */
  assign(group: string, values: Tensors): void;
  /** Fused AdamW update of `group` with `<group>.m` and `<group>.v` as moments. All hyperparameters are scalars. */
  adamw(group: string, grads: Tensors, hyper: AdamWInputs): void;
  /** ema <- rate * ema + (1 - rate) * the value that `source` has after this run's updates. */
  ema(group: string, source: string, rate: Tensor): void;
  /** Nothing is updated unless this scalar bool is true; otherwise the run fails with `GuardError`, which shows `values`. */
  guard(condition: Tensor, message: string, values?: readonly Tensor[]): void;
}

/** Scalars fed into every AdamW update; computed by `optimizer/adamw.ts`. */
export interface AdamWInputs {
  readonly lr: Tensor;
  readonly beta1: Tensor;
  readonly beta2: Tensor;
  /** beta1^step and beta2^step. */
  readonly beta1Power: Tensor;
  readonly beta2Power: Tensor;
  readonly eps: Tensor;
  /** Decoupled weight decay; leave out for none. */
  readonly weightDecay?: Tensor;
}

/** A pure description of device work: no reading back, no branching on values, every random draw an input. */
export interface Program {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  body(inputs: Tensors, state: StateAccess): Tensors;
}

/** A program ready to run. */
export interface Executable {
  run(feeds: Readonly<Record<string, HostArray>>): Promise<Record<string, HostArray>>;
}

/** Runs programs over one set of resident state. */
export interface Engine {
  readonly kind: EngineKind;
  /** Makes resident groups; `constants` never change and may be folded into the graph. Memory layout. */
  define(groups: Readonly<Record<string, HostTree>>, options?: { constants?: boolean }): Promise<void>;
  /** Whether a group is defined. */
  has(group: string): boolean;
  prepare(program: Program): Executable;
  /** Copies of the groups' current values. */
  fetch(groups: readonly string[]): Promise<Record<string, HostTree>>;
  /** Overwrites the groups' values. */
  store(groups: Readonly<Record<string, HostTree>>): Promise<void>;
  dispose(): void;
}
