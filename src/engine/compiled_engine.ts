/**
 * @file Programs as TensorFlow graphs: each is traced once and then runs as a unit over variables that live in the session.
 */
import type { HostTensor, HostTree } from '../weights/tree.js';
import { NativeError } from './c_api.js';
import { GUARD_PREFIX } from './graph_updates.js';
import { GuardError } from './guard_error.js';
import type { HostArray } from './host_array.js';
import { returnFreedMemory } from './host_memory.js';
import { ProgramGraph } from './program_graph.js';
import { planRun, Session, type RunPlan } from './session.js';
import type { SessionOptions } from './session_config.js';
import type { Engine, Executable, Program } from './types.js';

const FAILED_GUARD = new RegExp(`${GUARD_PREFIX}(\\d+)`);

/** Runs programs as compiled graphs. Build with `createEngine`. */
export class CompiledEngine implements Engine {
  readonly kind = 'compiled';
  readonly session: Session;
  private readonly programs = new ProgramGraph();
  private readonly plans = new Map<string, RunPlan>();

  constructor(options: SessionOptions) {
    returnFreedMemory();
    this.session = new Session(this.programs.graph, options);
  }

  async define(groups: Readonly<Record<string, HostTree>>, options: { constants?: boolean } = {}): Promise<void> {
    const { state } = this.programs;
    for (const [group, tree] of Object.entries(groups)) {
      if (options.constants) state.addConstants(group, tree);
      else state.addVariables(group, tree);
    }
    if (!options.constants) await this.store(groups);
  }

  has(group: string): boolean {
    return this.programs.state.has(group);
  }

  prepare(program: Program): Executable {
    const { inputs, feeds, outputs, fetches, targets } = this.programs.trace(program);
    const plan = planRun(feeds, fetches, targets);
    return {
      run: async (values) => {
        const arrays = inputs.map((name) => checkFeed(program, name, values[name]));
        const results = await this.guarded(() => this.session.run(plan, arrays));
        return Object.fromEntries(outputs.map((name, i) => [name, results[i]!]));
      },
    };
  }

  async fetch(groups: readonly string[]): Promise<Record<string, HostTree>> {
    const variables = groups.map((group) => [...this.programs.state.variables(group)]);
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
    const variables = Object.keys(groups).map((group) => [...this.programs.state.variables(group)]);
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
    this.programs.dispose();
  }

  private plan(key: string, make: () => RunPlan): RunPlan {
    const plan = this.plans.get(key) ?? make();
    this.plans.set(key, plan);
    return plan;
  }

  private async guarded<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const guard = error instanceof NativeError ? FAILED_GUARD.exec(error.message) : null;
      if (!guard) throw error;
      const values = /assertion failed: (.*)/.exec((error as Error).message)?.[1] ?? '';
      throw new GuardError(`${this.programs.guards[Number(guard[1])]!} ${values}`.trim(), { cause: error });
    }
  }
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
