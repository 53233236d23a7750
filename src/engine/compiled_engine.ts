/**
 * @file Programs as TensorFlow graphs: each is traced once and then runs as a unit over variables that live in the session.
 */
import type { HostTensor, HostTree } from '../weights/tree.js';
import { momentGroups } from './adamw.js';
import { DataType, NativeError, type Output, type Pointer } from './c_api.js';
import { Graph } from './graph.js';
import { GuardError } from './guard_error.js';
import { returnFreedMemory } from './host_memory.js';
import { planRun, Session, type RunPlan } from './session.js';
import type { SessionOptions } from './session_config.js';
import { tf, type Params, type Tensor, type Tensors } from './tfjs.js';
import { Tracer } from './tracer.js';
import type { AdamWInputs, Engine, Executable, HostArray, Program, StateAccess } from './types.js';

interface Variable {
  readonly shape: readonly number[];
  readonly handle: Output;
  readonly read: Output;
  /** Feed and operation that overwrite the variable. */
  readonly value: Output;
  readonly write: Pointer;
}

type Resident =
  { readonly variables: ReadonlyMap<string, Variable> } | { readonly constants: ReadonlyMap<string, Output> };

const FLOAT = { type: DataType.float32 } as const;
const GUARD_PREFIX = 'guard_of_updates_';

/** Runs programs as compiled graphs. Build with `createEngine`. */
export class CompiledEngine implements Engine {
  readonly kind = 'compiled';
  readonly graph = new Graph();
  readonly session: Session;
  private readonly tracer = new Tracer(this.graph);
  private readonly groups = new Map<string, Resident>();
  private readonly plans = new Map<string, RunPlan>();
  private guards: string[] = [];

  constructor(options: SessionOptions) {
    returnFreedMemory();
    this.session = new Session(this.graph, options);
  }

  async define(groups: Readonly<Record<string, HostTree>>, options: { constants?: boolean } = {}): Promise<void> {
    for (const [group, tree] of Object.entries(groups)) {
      if (this.groups.has(group)) throw new Error(`state group ${group} is already defined`);
      if (options.constants) {
        const entries = [...tree].map(
          ([name, t]) => [name, this.graph.constant(DataType.float32, t.shape, t.data)] as const,
        );
        this.groups.set(group, { constants: new Map(entries) });
      } else {
        const entries = [...tree].map(([name, t]) => [name, this.variable(`${group}/${name}`, t.shape)] as const);
        this.groups.set(group, { variables: new Map(entries) });
      }
    }
    if (!options.constants) await this.store(groups);
  }

  has(group: string): boolean {
    return this.groups.has(group);
  }

  prepare(program: Program): Executable {
    const names = Object.keys(program.inputs);
    const feeds = names.map((name) => {
      const spec = program.inputs[name]!;
      return this.graph.placeholder(DataType[spec.dtype], spec.shape);
    });
    const updates = new GraphUpdates(this.graph, this.tracer, (group) => this.resident(group), this.guards);
    let outputNames: string[] = [];
    let fetches: Output[] = [];
    let targets: Pointer[] = [];
    this.tracer.trace(() => {
      try {
        const inputs = Object.fromEntries(names.map((name, i) => [name, this.tracer.symbol(feeds[i]!)]));
        const outputs = program.body(inputs, updates);
        outputNames = Object.keys(outputs);
        // An input that is also a result cannot be fed and fetched as the same node.
        fetches = outputNames.map((name) => this.identity(this.tracer.output(outputs[name]!)));
        targets = updates.finish();
      } finally {
        updates.release();
      }
    });

    const plan = planRun(feeds, fetches, targets);
    return {
      run: async (values) => {
        const arrays = names.map((name) => checkFeed(program, name, values[name]));
        const results = await this.guarded(() => this.session.run(plan, arrays));
        return Object.fromEntries(outputNames.map((name, i) => [name, results[i]!]));
      },
    };
  }

  async fetch(groups: readonly string[]): Promise<Record<string, HostTree>> {
    const variables = groups.map((group) => [...this.variables(group)]);
    const plan = this.plan(`fetch ${groups.join(' ')}`, () =>
      planRun(
        [],
        variables.flat().map(([, variable]) => variable.read),
        [],
      ),
    );
    const results = (await this.session.run(plan, [])) as HostTensor[];
    let next = 0;
    return Object.fromEntries(
      groups.map((group, g) => [group, new Map(variables[g]!.map(([name]) => [name, results[next++]!]))]),
    );
  }

  async store(groups: Readonly<Record<string, HostTree>>): Promise<void> {
    const variables = Object.keys(groups).map((group) => [...this.variables(group)]);
    const plan = this.plan(`store ${Object.keys(groups).join(' ')}`, () => {
      const all = variables.flat().map(([, variable]) => variable);
      return planRun(
        all.map((variable) => variable.value),
        [],
        all.map((variable) => variable.write),
      );
    });
    const values = Object.entries(groups).flatMap(([group, tree], g) =>
      variables[g]!.map(([name, variable]) => {
        const value = tree.get(name);
        if (!value) throw new Error(`state group ${group} lacks ${name}`);
        return { shape: variable.shape, data: value.data };
      }),
    );
    await this.session.run(plan, values);
  }

  dispose(): void {
    this.session.dispose();
    this.graph.dispose();
  }

  private plan(key: string, make: () => RunPlan): RunPlan {
    const plan = this.plans.get(key) ?? make();
    this.plans.set(key, plan);
    return plan;
  }

  private resident(group: string): Resident {
    const resident = this.groups.get(group);
    if (!resident) throw new Error(`state group ${group} is not defined`);
    return resident;
  }

  private variables(group: string): ReadonlyMap<string, Variable> {
    const resident = this.resident(group);
    if ('constants' in resident) throw new Error(`state group ${group} is constant`);
    return resident.variables;
  }

  private identity(input: Output): Output {
    return { operation: this.graph.add({ type: 'Identity', inputs: [input] }), index: 0 };
  }

  private variable(name: string, shape: readonly number[]): Variable {
    const handle = {
      operation: this.graph.add({
        type: 'VarHandleOp',
        attributes: { dtype: FLOAT, shape: { shape }, shared_name: { string: name } },
      }),
      index: 0,
    };
    const value = this.graph.placeholder(DataType.float32, shape);
    const write = this.graph.add({ type: 'AssignVariableOp', inputs: [handle, value], attributes: { dtype: FLOAT } });
    return { shape, handle, value, write, read: readVariable(this.graph, handle) };
  }

  private async guarded<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const guard = error instanceof NativeError ? new RegExp(`${GUARD_PREFIX}(\\d+)`).exec(error.message) : null;
      if (!guard) throw error;
      const values = /assertion failed: (.*)/.exec((error as Error).message)?.[1] ?? '';
      throw new GuardError(`${this.guards[Number(guard[1])]!} ${values}`.trim(), { cause: error });
    }
  }
}

/** Collects a program's updates; they join the graph at the end, behind the guards. */
class GraphUpdates implements StateAccess {
  private readonly pending: ((after: Pointer[]) => Pointer[])[] = [];
  private readonly late: (() => Pointer[])[] = [];
  private readonly checks: Pointer[] = [];
  private readonly updated = new Map<string, Pointer>();
  private readonly reads = new Map<string, Params>();

  constructor(
    private readonly graph: Graph,
    private readonly tracer: Tracer,
    private readonly resident: (group: string) => Resident,
    private readonly guards: string[],
  ) {}

  read(group: string): Params {
    const known = this.reads.get(group);
    if (known) return known;
    const resident = this.resident(group);
    const outputs =
      'constants' in resident
        ? resident.constants
        : new Map([...resident.variables].map(([name, variable]) => [name, variable.read]));
    // Whatever scope asks first, later ones (a gradient after its forward pass) get the same tensors.
    const entries = [...outputs].map(([name, output]) => [name, tf.keep(this.tracer.symbol(output))] as const);
    const read = Object.fromEntries(entries);
    this.reads.set(group, read);
    return read;
  }

  assign(group: string, values: Tensors): void {
    const outputs = Object.entries(values).map(([name, value]) => [name, this.tracer.output(value)] as const);
    this.pending.push((after) =>
      outputs.map(([name, value]) => {
        const variable = this.variable(group, name);
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
        const variable = this.variable(group, name);
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
            this.variable(moments.m, name).handle,
            this.variable(moments.v, name).handle,
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
      this.names(group).map((name) => {
        const update = this.updated.get(`${source}/${name}`);
        const value = readVariable(this.graph, this.variable(source, name).handle, update ? [update] : this.checks);
        const average = this.variable(group, name);
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

  private names(group: string): string[] {
    const resident = this.resident(group);
    if ('constants' in resident) throw new Error(`state group ${group} is constant and cannot be updated`);
    return [...resident.variables.keys()];
  }

  private variable(group: string, name: string): Variable {
    const resident = this.resident(group);
    const variable = 'constants' in resident ? undefined : resident.variables.get(name);
    if (!variable) throw new Error(`state group ${group} has no variable ${name}`);
    return variable;
  }
}

function readVariable(graph: Graph, handle: Output, after: readonly Pointer[] = []): Output {
  return {
    operation: graph.add({ type: 'ReadVariableOp', inputs: [handle], attributes: { dtype: FLOAT }, after }),
    index: 0,
  };
}

/** The value fed for one input. Throws if it is missing or has another size than the program was traced for. */
export function checkFeed(program: Program, name: string, value: HostArray | undefined): HostArray {
  const { shape } = program.inputs[name]!;
  if (!value) throw new Error(`program ${program.name} needs input ${name}`);
  if (value.data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw new Error(
      `program ${program.name}: input ${name} has ${value.data.length} values for shape [${shape.join(', ')}]`,
    );
  }
  return { shape, data: value.data };
}
