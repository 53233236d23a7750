/** @file Resident state as operations of a graph: variables that a session holds, or constants. */
import type { HostTree } from '../weights/tree.js';
import { DataType, type Output, type Pointer } from './c_api.js';
import type { Graph } from './graph.js';

/** The operations of one variable. */
export interface Variable {
  readonly shape: readonly number[];
  readonly handle: Output;
  readonly read: Output;
  /** Feed and operation that overwrite the variable. */
  readonly value: Output;
  readonly write: Pointer;
}

type Resident =
  { readonly variables: ReadonlyMap<string, Variable> } | { readonly constants: ReadonlyMap<string, Output> };

export const FLOAT = { type: DataType.float32 } as const;

/** Names and shapes of a group's parameters, in memory layout. */
export type GroupShapes = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** The resident groups of one graph. */
export class GraphState {
  private readonly groups = new Map<string, Resident>();

  constructor(private readonly graph: Graph) {}

  /** Adds the variables of a group, which have no values yet. */
  addVariables(group: string, shapes: GroupShapes): void {
    this.refuseKnown(group);
    const entries = [...shapes].map(
      ([name, { shape }]) => [name, this.newVariable(`${group}/${name}`, shape)] as const,
    );
    this.groups.set(group, { variables: new Map(entries) });
  }

  /** Adds a group whose values are part of the graph. */
  addConstants(group: string, tree: HostTree): void {
    this.refuseKnown(group);
    const entries = [...tree].map(
      ([name, { shape, data }]) => [name, this.graph.constant(DataType.float32, shape, data)] as const,
    );
    this.groups.set(group, { constants: new Map(entries) });
  }

  has(group: string): boolean {
    return this.groups.has(group);
  }

  /** Outputs that give the current values of a group, by name. */
  values(group: string): ReadonlyMap<string, Output> {
    const resident = this.resident(group);
    if ('constants' in resident) return resident.constants;
    return new Map([...resident.variables].map(([name, variable]) => [name, variable.read]));
  }

  /** Variables of a group. Throws if it is constant: it can neither be fetched nor updated. */
  variables(group: string): ReadonlyMap<string, Variable> {
    const resident = this.resident(group);
    if ('constants' in resident) throw new Error(`state group ${group} is constant`);
    return resident.variables;
  }

  variable(group: string, name: string): Variable {
    const variable = this.variables(group).get(name);
    if (!variable) throw new Error(`state group ${group} has no variable ${name}`);
    return variable;
  }

  private resident(group: string): Resident {
    const resident = this.groups.get(group);
    if (!resident) throw new Error(`state group ${group} is not defined`);
    return resident;
  }

  private refuseKnown(group: string): void {
    if (this.groups.has(group)) throw new Error(`state group ${group} is already defined`);
  }

  private newVariable(name: string, shape: readonly number[]): Variable {
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
}

/** The value of a variable once `after` have run. */
export function readVariable(graph: Graph, handle: Output, after: readonly Pointer[] = []): Output {
  return {
    operation: graph.add({ type: 'ReadVariableOp', inputs: [handle], attributes: { dtype: FLOAT }, after }),
    index: 0,
  };
}
