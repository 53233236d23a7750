/** @file A TensorFlow graph under construction: operations, constants, and the shapes TensorFlow infers for them. */
import type { OpAttributeValue } from './graph_attribute.js';
import { setAttribute } from './graph_attribute.js';
import { c, packInts, packOutputs, toNativeTensor, withStatus, type Output, type Pointer } from './c_api.js';

/** What to add to the graph. */
export interface OperationSpec {
  readonly type: string;
  readonly name?: string;
  /** An array stands for an input that is a list. */
  readonly inputs?: readonly (Output | readonly Output[])[];
  readonly attributes?: Readonly<Record<string, OpAttributeValue>>;
  /** Operations that must have run before this one. */
  readonly after?: readonly Pointer[];
}

/** What the graph knows of an operation in it. */
export interface GraphNode {
  readonly type: string;
  readonly inputs: readonly Output[];
  /** Operations that must have run before, besides those of the inputs. */
  readonly after: readonly Pointer[];
}

const SHARED_CONSTANT_BYTES = 1024;

/** Owns a `TF_Graph`. */
export class Graph {
  readonly pointer = c.newGraph() as Pointer;
  /** Every operation, in the order of being added: a topological order. */
  readonly nodes = new Map<Pointer, GraphNode>();
  private readonly constants = new Map<string, Output>();

  /** Adds an operation; TensorFlow validates it and infers its outputs. Throws `NativeError`. */
  add(spec: OperationSpec): Pointer {
    const name = spec.name ?? `${spec.type}_${this.nodes.size}`;
    const description = c.newOperation(this.pointer, spec.type, name) as Pointer;
    for (const input of spec.inputs ?? []) {
      if ('operation' in input) c.addInput(description, input);
      else c.addInputList(description, packOutputs(input), input.length);
    }
    for (const operation of spec.after ?? []) c.addControlInput(description, operation);
    for (const [key, value] of Object.entries(spec.attributes ?? {})) setAttribute(description, key, value);
    const operation = withStatus((status) => c.finishOperation(description, status) as Pointer);
    this.nodes.set(operation, {
      type: spec.type,
      inputs: (spec.inputs ?? []).flat<readonly (Output | readonly Output[])[]>(),
      after: spec.after ?? [],
    });
    return operation;
  }

  /** A constant; small equal ones are shared. */
  constant(type: number, shape: readonly number[], data: ArrayBufferView): Output {
    const small = data.byteLength <= SHARED_CONSTANT_BYTES;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = small ? `${type}:${shape.join('x')}:${bytes.toString('latin1')}` : '';
    const known = small ? this.constants.get(key) : undefined;
    if (known) return known;
    const tensor = toNativeTensor(type, shape, data);
    try {
      const operation = this.add({ type: 'Const', attributes: { dtype: { type }, value: { tensor } } });
      const output = { operation, index: 0 };
      if (small) this.constants.set(key, output);
      return output;
    } finally {
      c.deleteTensor(tensor);
    }
  }

  placeholder(type: number, shape: readonly number[]): Output {
    const operation = this.add({ type: 'Placeholder', attributes: { dtype: { type }, shape: { shape } } });
    return { operation, index: 0 };
  }

  typeOf(output: Output): number {
    return c.outputType(output) as number;
  }

  /** Shape that TensorFlow inferred; unknown sizes are -1. Throws if the rank is unknown. */
  shapeOf(output: Output): number[] {
    return withStatus((status) => {
      const rank = c.outputRank(this.pointer, output, status) as number;
      if (rank < 0) throw new Error('TensorFlow could not infer the rank of an operation in a traced program');
      const dims = packInts(new Array<number>(rank).fill(0));
      c.outputShape(this.pointer, output, dims, rank, status);
      return Array.from(dims.subarray(0, rank), Number);
    });
  }

  dispose(): void {
    c.deleteGraph(this.pointer);
  }
}
