/**
 * @file One optimizer update as programs: gradients of a loss, guard, AdamW, EMA; in one go or over several micro-batches.
 *
 * With one micro-batch everything is a single program. With several, each adds its share of the mean gradient to resident
 * accumulators and a last program applies them, so that accumulation changes nothing but memory.
 */
import type { HostArray } from '../engine/host_array.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';
import { runAfter } from '../engine/tracer.js';
import type { AdamWInputs, Engine, Executable, Program, StateAccess, TensorSpec } from '../engine/types.js';
import type { AdamWScalars } from './adamw.js';
import { globalNorm, lossGradients, type LossValue } from './gradients.js';

/** What an update trains and how. */
export interface UpdateSpec {
  readonly name: string;
  /** Groups that are trained together by the loss. */
  readonly groups: readonly string[];
  /** Inputs of one micro-batch. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** Tensors that the loss takes as constants, computed outside differentiation (no activations are kept for them). */
  constants?(inputs: Tensors, state: StateAccess): Tensors;
  /** Loss of one micro-batch; `params` are the trained groups, `state` reads the others. */
  loss(inputs: Tensors, params: Readonly<Record<string, Params>>, state: StateAccess, constants: Tensors): LossValue;
  /** Whether activations are computed again for the gradient instead of kept. */
  readonly recompute?: boolean;
  /** Group that follows one of `groups` as a moving average. */
  readonly ema?: { readonly group: string; readonly source: string };
}

/** Numbers of one update. */
export interface UpdateResult {
  /** Loss terms, means over the whole batch; `total` is what was minimised. */
  readonly terms: Readonly<Record<string, number>>;
  /** Global L2 norm of each trained group's gradient. */
  readonly gradNorms: Readonly<Record<string, number>>;
  /** Extras of each micro-batch. */
  readonly extras: readonly Readonly<Record<string, HostArray>>[];
}

/** Feeds of the `index`-th micro-batch. */
export type MicroBatch = (index: number) => Promise<Readonly<Record<string, HostArray>>>;

/** A prepared update. */
export interface Update {
  /**
   * @param scalars Of each group: one that joined later has made fewer updates.
   * @throws GuardError if the loss or a gradient is not finite; nothing was updated then.
   */
  run(microBatch: MicroBatch, scalars: (group: string) => AdamWScalars, emaRate: number): Promise<UpdateResult>;
}

const HYPER = ['lr', 'beta1', 'beta2', 'beta1Power', 'beta2Power', 'eps', 'weightDecay'] as const;
const SCALAR: TensorSpec = { shape: [], dtype: 'float32' };
const scalar = (value: number): HostArray => ({ shape: [], data: Float32Array.of(value) });
/** Keeps the optimizer's inputs apart from those of the loss, which have an `eps` of their own (the student's noise). */
const OPTIMIZER = 'optimizer';
const EMA_RATE = 'ema rate';

/** Inputs of {@link apply}. */
function optimizerInputs({ groups }: UpdateSpec): Record<string, TensorSpec> {
  const names = groups.flatMap((group) => HYPER.map((name) => `${group}/${name}`));
  return prefixed(OPTIMIZER, Object.fromEntries([...names, EMA_RATE].map((name) => [name, SCALAR])));
}

/** Resident group in which an update of several micro-batches adds up the gradients of `group`. */
export const accumulatorGroup = (group: string): string => `${group}.grad`;

/**
 * Prepares an update whose groups (with moments and, for several micro-batches, {@link accumulatorGroup}) are resident.
 * @param microBatches how many micro-batches make one update; their gradients are averaged with equal weights.
 * @param decay whether AdamW shrinks the weights (`weightDecay` > 0).
 */
export function createUpdate(
  engine: Pick<Engine, 'prepare'>,
  spec: UpdateSpec,
  microBatches: number,
  decay: boolean,
): Update {
  if (microBatches === 1) return wholeUpdate(spec, engine.prepare(wholeProgram(spec, decay)));
  const [accumulate, applied] = accumulatingPrograms(spec, microBatches, decay);
  return accumulatedUpdate(spec, engine.prepare(accumulate), () => engine.prepare(applied), microBatches);
}

/** The programs of {@link createUpdate}, in the order in which they are traced. */
export function updatePrograms(spec: UpdateSpec, microBatches: number, decay: boolean): readonly Program[] {
  return microBatches === 1 ? [wholeProgram(spec, decay)] : accumulatingPrograms(spec, microBatches, decay);
}

function wholeProgram(spec: UpdateSpec, decay: boolean): Program {
  return {
    name: spec.name,
    inputs: { ...spec.inputs, ...optimizerInputs(spec) },
    body: (inputs, state) => {
      const { total, terms, extras, grads } = gradients(spec, inputs, state);
      return {
        ...prefixed('term', { ...terms, total }),
        ...prefixed('extra', extras),
        ...apply(spec, grads, total, inputs, state, decay),
      };
    },
  };
}

/** Gradients of one micro-batch into the accumulators, and the update by their sums, which is traced (or run) after it. */
function accumulatingPrograms(spec: UpdateSpec, microBatches: number, decay: boolean): [Program, Program] {
  let reached: Readonly<Record<string, readonly string[]>> = {};
  const accumulate: Program = {
    name: `${spec.name}, micro-batch`,
    inputs: { ...spec.inputs, keep: SCALAR },
    body: (inputs, state) => {
      const { total, terms, extras, grads } = gradients(spec, inputs, state);
      reached = Object.fromEntries(Object.entries(grads).map(([group, tensors]) => [group, Object.keys(tensors)]));
      for (const [group, tensors] of Object.entries(grads)) {
        const sums = state.read(accumulatorGroup(group));
        const added = Object.entries(tensors).map(([name, grad]) => {
          const share = tf.div(grad, microBatches);
          // Otherwise copies of all sums would be made at the start and lie around until their gradients are there.
          const sum = tf.mul(runAfter(sums[name]!, share), inputs['keep']!);
          return [name, tf.add(sum, share)] as const;
        });
        state.assign(accumulatorGroup(group), Object.fromEntries(added));
      }
      state.guard(tf.all(tf.isFinite(total)), `${spec.name}: the loss is not finite:`, [total]);
      return { ...prefixed('term', { ...terms, total }), ...prefixed('extra', extras) };
    },
  };
  const applied: Program = {
    name: `${spec.name}, update`,
    inputs: optimizerInputs(spec),
    body: (inputs, state) => {
      const grads = Object.entries(reached).map(([group, names]) => {
        const sums = state.read(accumulatorGroup(group));
        return [group, Object.fromEntries(names.map((name) => [name, sums[name]!]))] as const;
      });
      return apply(spec, Object.fromEntries(grads), undefined, inputs, state, decay);
    },
  };
  return [accumulate, applied];
}

function wholeUpdate(spec: UpdateSpec, step: Executable): Update {
  return {
    run: async (microBatch, scalars, emaRate) => {
      const results = await step.run({ ...(await microBatch(0)), ...hyperFeeds(spec, scalars, emaRate) });
      return {
        terms: numbers(picked('term', results)),
        gradNorms: numbers(picked('norm', results)),
        extras: [picked('extra', results)],
      };
    },
  };
}

function accumulatedUpdate(
  spec: UpdateSpec,
  accumulate: Executable,
  prepareApply: () => Executable,
  microBatches: number,
): Update {
  let applied: Executable | undefined;
  return {
    run: async (microBatch, scalars, emaRate) => {
      const means: Record<string, number> = {};
      const extras: Record<string, HostArray>[] = [];
      for (let index = 0; index < microBatches; index++) {
        const results = await accumulate.run({ ...(await microBatch(index)), keep: scalar(index === 0 ? 0 : 1) });
        for (const [name, value] of Object.entries(numbers(picked('term', results)))) {
          means[name] = (means[name] ?? 0) + value / microBatches;
        }
        extras.push(picked('extra', results));
      }
      // Prepared only now: op by op, the gradients' names are known after the first run.
      applied ??= prepareApply();
      const results = await applied.run(hyperFeeds(spec, scalars, emaRate));
      return { terms: means, gradNorms: numbers(picked('norm', results)), extras };
    },
  };
}

function gradients(spec: UpdateSpec, inputs: Tensors, state: StateAccess): ReturnType<typeof lossGradients> {
  const params = Object.fromEntries(spec.groups.map((group) => [group, state.read(group)]));
  const constants = spec.constants?.(inputs, state) ?? {};
  return lossGradients(params, () => spec.loss(inputs, params, state, constants), { recompute: spec.recompute });
}

/** Guards, then updates; returns the gradient norms. */
function apply(
  spec: UpdateSpec,
  grads: Readonly<Record<string, Tensors>>,
  total: Tensor | undefined,
  inputs: Tensors,
  state: StateAccess,
  decay: boolean,
): Tensors {
  const norms: Record<string, Tensor> = {};
  for (const [group, tensors] of Object.entries(grads)) norms[group] = globalNorm(tensors);
  const checked = total ? [total, ...Object.values(norms)] : Object.values(norms);
  const finite = tf.all(tf.isFinite(tf.stack(checked)));
  state.guard(finite, `${spec.name}: loss or gradient norm (${Object.keys(norms).join(', ')}) is not finite:`, checked);
  const given = picked(OPTIMIZER, inputs);
  for (const [group, tensors] of Object.entries(grads)) {
    const { weightDecay, ...hyper } = picked(group, given) as unknown as AdamWInputs;
    state.adamw(group, tensors, decay ? { ...hyper, weightDecay } : hyper);
  }
  if (spec.ema) state.ema(spec.ema.group, spec.ema.source, given[EMA_RATE]!);
  return prefixed('norm', norms);
}

function hyperFeeds(
  { groups }: UpdateSpec,
  scalars: (group: string) => AdamWScalars,
  emaRate: number,
): Record<string, HostArray> {
  const values = groups.flatMap((group) => {
    const own = scalars(group);
    return HYPER.map((name): [string, HostArray] => [`${group}/${name}`, scalar(own[name] ?? 0)]);
  });
  return prefixed(OPTIMIZER, { ...Object.fromEntries(values), [EMA_RATE]: scalar(emaRate) });
}

function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
}

function picked<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  const start = `${prefix}/`;
  const entries = Object.entries(values).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(start.length), value]));
}

const numbers = (values: Readonly<Record<string, HostArray>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.data[0]!]));
