/** @file What a program does with resident state, as operations of the graph in the order that the engine's contract fixes. */
import { momentGroups } from './adamw.js';
import type { Pointer } from './c_api.js';
import type { Graph } from './graph.js';
import { FLOAT, readVariable, type GraphState } from './graph_state.js';
import { tf, type Params, type Tensor, type Tensors } from './tfjs.js';
import type { Tracer } from './tracer.js';
import type { AdamWInputs, StateAccess } from './types.js';

/** A guard's operation is named by this and its number, so that a failed run tells which it was. */
export const GUARD_PREFIX = 'guard_of_updates_';

/** Collects a program's updates; they join the graph at the end, behind the guards. */
export class GraphUpdates implements StateAccess {
  private readonly pending: ((after: Pointer[]) => Pointer[])[] = [];
  private readonly late: (() => Pointer[])[] = [];
  private readonly checks: Pointer[] = [];
  private readonly updated = new Map<string, Pointer>();
  private readonly reads = new Map<string, Params>();

  constructor(
    private readonly graph: Graph,
    private readonly tracer: Tracer,
    private readonly state: GraphState,
    private readonly guards: string[],
  ) {}

  read(group: string): Params {
    const known = this.reads.get(group);
    if (known) return known;
    // Whatever scope asks first, later ones (a gradient after its forward pass) get the same tensors.
    const entries = [...this.state.values(group)].map(
      ([name, output]) => [name, tf.keep(this.tracer.symbol(output))] as const,
    );
    const read = Object.fromEntries(entries);
    this.reads.set(group, read);
    return read;
  }

  assign(group: string, values: Tensors): void {
    const outputs = Object.entries(values).map(([name, value]) => [name, this.tracer.output(value)] as const);
    this.pending.push((after) =>
      outputs.map(([name, value]) => {
        const variable = this.state.variable(group, name);
        const write = this.graph.add({
          type: 'AssignVariableOp',
          inputs: [variable.handle, value],
          attributes: { dtype: FLOAT },
          after: [...after, variable.read.operation],
        });
        this.updated.set(`${group}/${name}`, write);
        return write;
      }),
    );
  }

  adamw(group: string, grads: Tensors, hyper: AdamWInputs): void {
    const moments = momentGroups(group);
    // TensorFlow adds epsilon to sqrt(v) before the bias correction, PyTorch after it.
    const eps = tf.mul(hyper.eps, tf.sqrt(tf.sub(1, hyper.beta2Power)));
    const scalars = [hyper.beta1Power, hyper.beta2Power, hyper.lr, hyper.beta1, hyper.beta2, eps].map((tensor) =>
      this.tracer.output(tensor),
    );
    const decay = hyper.weightDecay && tf.sub(1, tf.mul(hyper.lr, hyper.weightDecay));
    const reads = decay ? this.read(group) : {};
    const outputs = Object.entries(grads).map(([name, grad]) => ({
      name,
      grad: this.tracer.output(grad),
      decayed: decay ? this.tracer.output(tf.mul(reads[name]!, decay)) : undefined,
    }));
    this.pending.push((after) =>
      outputs.map(({ name, grad, decayed }) => {
        const variable = this.state.variable(group, name);
        const before = decayed
          ? [
              this.graph.add({
                type: 'AssignVariableOp',
                inputs: [variable.handle, decayed],
                attributes: { dtype: FLOAT },
                after: [...after, variable.read.operation],
              }),
            ]
          : after;
        const update = this.graph.add({
          type: 'ResourceApplyAdam',
          inputs: [
            variable.handle,
            this.state.variable(moments.m, name).handle,
            this.state.variable(moments.v, name).handle,
            ...scalars,
            grad,
          ],
          attributes: { T: FLOAT },
          after: before,
        });
        this.updated.set(`${group}/${name}`, update);
        return update;
      }),
    );
  }

  ema(group: string, source: string, rate: Tensor): void {
    const step = this.tracer.output(tf.sub(1, rate));
    this.late.push(() =>
      [...this.state.variables(group).keys()].map((name) => {
        const update = this.updated.get(`${source}/${name}`);
        const value = readVariable(
          this.graph,
          this.state.variable(source, name).handle,
          update ? [update] : this.checks,
        );
        const average = this.state.variable(group, name);
        const difference = {
          operation: this.graph.add({ type: 'Sub', inputs: [average.read, value] }),
          index: 0,
        };
        return this.graph.add({
          type: 'ResourceApplyGradientDescent',
          inputs: [average.handle, step, difference],
          attributes: { T: FLOAT },
        });
      }),
    );
  }

  guard(condition: Tensor, message: string, values: readonly Tensor[] = [condition]): void {
    const number = this.guards.push(message) - 1;
    const data = values.map((value) => this.tracer.output(value));
    const operation = this.graph.add({
      type: 'Assert',
      name: `${GUARD_PREFIX}${number}`,
      inputs: [this.tracer.output(condition), data],
      attributes: { T: { types: data.map((output) => this.graph.typeOf(output)) }, summarize: { int: 8 } },
    });
    this.checks.push(operation);
  }

  /** Disposes of the tensors that stand for the state. */
  release(): void {
    for (const read of this.reads.values()) tf.dispose(read);
  }

  /** Adds the collected updates to the graph and returns what a run must trigger. */
  finish(): Pointer[] {
    const updates = this.pending.flatMap((add) => add(this.checks));
    const late = this.late.flatMap((add) => add());
    return [...this.checks, ...updates, ...late];
  }
}
