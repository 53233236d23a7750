/**
 * @file Symbolic tracing: TensorFlow.js code runs as usual, but every kernel call becomes an operation of a graph.
 *
 * All kernels of the native backend end in `executeSingleOutput` or `executeMultipleOutputs`. While a trace is active these
 * two add to the graph instead of computing; a symbolic tensor has a shape (inferred by TensorFlow) and no values.
 */
import { DataType, type Output } from './c_api.js';
import type { Graph } from './graph.js';
import type { OpAttributeValue } from './graph_attribute.js';
import { tf, type Tensor } from './tfjs.js';

interface BackendAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What the native backend keeps for a tensor; `symbol` is ours. */
interface TensorEntry {
  shape: readonly number[];
  dtype: number;
  values: ArrayBufferView | null;
  id: number;
  refCount: number;
  symbol?: Output;
}

interface NativeBackend {
  binding: Record<string, number> & { tensorDataSync(id: number): ArrayBufferView };
  tensorMap: { get(id: object): TensorEntry; set(id: object, entry: TensorEntry): void };
  executeSingleOutput(name: string, attrs: BackendAttribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attrs: BackendAttribute[], inputs: Tensor[], count: number): Tensor[];
  readSync(id: object): unknown;
}

// Ops whose first inputs form one list, with the attribute that gives its length.
const listInputs = new Set(['ConcatV2', 'Pack', 'AddN']);
const dtypeNames = new Map<number, 'float32' | 'int32' | 'bool'>([
  [DataType.float32, 'float32'],
  [DataType.int32, 'int32'],
  [DataType.bool, 'bool'],
]);

/** What the active trace makes of {@link runAfter} and {@link isConstant}. */
let active: { after(x: Tensor, signal: Tensor): Tensor; isConstant(x: Tensor): boolean } | undefined;

/** A copy of `x`; in a traced program its readers wait until `signal` has been computed. */
export function runAfter(x: Tensor, signal: Tensor): Tensor {
  return active ? active.after(x, signal) : x.clone();
}

/** Whether `x` is a constant of the program being traced: TensorFlow packs constant weights once and for all. */
export function isConstant(x: Tensor): boolean {
  return active?.isConstant(x) ?? false;
}

/** Builds symbolic tensors over one graph and runs tfjs code on them. */
export class Tracer {
  private readonly backend = tf.backend() as unknown as NativeBackend;

  constructor(private readonly graph: Graph) {}

  /** A tensor that stands for an output of the graph. Call inside {@link trace}. */
  symbol(output: Output): Tensor {
    const type = this.graph.typeOf(output);
    const dtype = dtypeNames.get(type);
    if (!dtype)
      throw new Error(`an operation of a traced program has TensorFlow type ${type}, which tensors cannot hold`);
    const shape = this.graph.shapeOf(output);
    if (shape.includes(-1))
      throw new Error(`a traced program may not have sizes that depend on values: [${shape.join(', ')}]`);
    const dataId = {};
    this.backend.tensorMap.set(dataId, { shape, dtype: type, values: null, id: -1, refCount: 1, symbol: output });
    return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype });
  }

  /** The graph output behind a tensor; a tensor with values becomes a constant. */
  output(tensor: Tensor): Output {
    const entry = this.backend.tensorMap.get(tensor.dataId);
    if (entry.symbol) {
      const same =
        entry.shape.length === tensor.shape.length && entry.shape.every((size, i) => size === tensor.shape[i]);
      // TensorFlow.js may reinterpret a tensor's shape without telling the backend.
      return same ? entry.symbol : this.reshaped(entry.symbol, tensor.shape);
    }
    const values = entry.values ?? this.backend.binding.tensorDataSync(entry.id);
    return this.graph.constant(entry.dtype, tensor.shape, this.typed(values, entry.dtype));
  }

  /** Runs `body` with kernels going to the graph; every tensor it makes is disposed of afterwards. */
  trace<T>(body: () => T): T {
    if (active) throw new Error('a trace is already active');
    active = {
      after: (x, signal) => this.ordered(x, signal),
      isConstant: (x) => this.graph.nodes.get(this.output(x).operation)?.type === 'Const',
    };
    const { backend } = this;
    backend.executeSingleOutput = (name, attrs, inputs) => this.execute(name, attrs, inputs, 1)[0]!;
    backend.executeMultipleOutputs = (name, attrs, inputs, count) => this.execute(name, attrs, inputs, count);
    backend.readSync = (id) => {
      const entry = backend.tensorMap.get(id);
      if (entry.symbol) throw new Error('a traced program cannot read values back');
      return entry.values ?? backend.binding.tensorDataSync(entry.id);
    };
    try {
      let result: T;
      tf.tidy(() => {
        result = body();
      });
      return result!;
    } finally {
      // The patches are own properties that shadow the prototype's methods.
      for (const method of ['executeSingleOutput', 'executeMultipleOutputs', 'readSync'] as const) {
        delete (backend as Partial<NativeBackend>)[method];
      }
      active = undefined;
    }
  }

  private ordered(x: Tensor, signal: Tensor): Tensor {
    const after = [this.output(signal).operation];
    return this.symbol({ operation: this.graph.add({ type: 'Identity', inputs: [this.output(x)], after }), index: 0 });
  }

  private execute(type: string, attrs: BackendAttribute[], tensors: Tensor[], count: number): Tensor[] {
    const outputs = tensors.map((tensor) => this.output(tensor));
    const attributes: Record<string, OpAttributeValue> = {};
    let listLength = 0;
    for (const attr of attrs) {
      // The length of a list input follows from the list.
      if (attr.name === 'N' && listInputs.has(type)) listLength = attr.value as number;
      else attributes[attr.name] = this.attribute(attr);
    }
    const inputs = listInputs.has(type) ? [outputs.slice(0, listLength), ...outputs.slice(listLength)] : outputs;
    const operation = this.graph.add({ type, inputs, attributes });
    return Array.from({ length: count }, (_, index) => this.symbol({ operation, index }));
  }

  private attribute({ type, value, name }: BackendAttribute): OpAttributeValue {
    const { binding } = this.backend;
    switch (type) {
      case binding['TF_ATTR_TYPE']:
        return { type: value as number };
      case binding['TF_ATTR_INT']:
        return Array.isArray(value) ? { ints: value as number[] } : { int: value as number };
      case binding['TF_ATTR_FLOAT']:
        return { float: value as number };
      case binding['TF_ATTR_BOOL']:
        return { bool: Boolean(value) };
      case binding['TF_ATTR_STRING']:
        return { string: value as string };
      default:
        throw new Error(`attribute ${name} has kind ${type}, which tracing does not know`);
    }
  }

  private reshaped(symbol: Output, shape: readonly number[]): Output {
    const target = this.graph.constant(DataType.int32, [shape.length], Int32Array.from(shape));
    return { operation: this.graph.add({ type: 'Reshape', inputs: [symbol, target] }), index: 0 };
  }

  /** tfjs may hold bools and int32 as other typed arrays than TensorFlow stores. */
  private typed(values: ArrayBufferView, type: number): ArrayBufferView {
    const numbers = values as unknown as ArrayLike<number>;
    if (type === DataType.float32) return values instanceof Float32Array ? values : Float32Array.from(numbers);
    if (type === DataType.int32) return values instanceof Int32Array ? values : Int32Array.from(numbers);
    if (type === DataType.bool) return values instanceof Uint8Array ? values : Uint8Array.from(numbers);
    throw new Error(`a constant of TensorFlow type ${type} cannot be traced`);
  }
}
