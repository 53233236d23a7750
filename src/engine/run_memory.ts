/**
 * @file How much memory a run of a graph takes at its peak, found by playing the run through with sizes alone.
 *
 * TensorFlow's executor starts an operation when its inputs are there and frees a result after its last reader; so does
 * this. What it leaves out is in docs/memory.md.
 */
import { DataType, type Output, type Pointer } from './c_api.js';
import type { Graph, GraphNode } from './graph.js';

/** What a run feeds, reads and triggers. */
export interface GraphRun {
  readonly feeds: readonly Output[];
  readonly fetches: readonly Output[];
  readonly targets: readonly Pointer[];
}

/** Memory of one run besides the variables. */
export interface RunMemory {
  /** Most bytes of results alive at a time. */
  readonly peakBytes: number;
  /** Operations that run. */
  readonly operations: number;
}

/** Their result is their first input's memory under another shape or name. */
const ALIASES = new Set(['Reshape', 'Identity', 'ExpandDims', 'Squeeze', 'StopGradient']);
/** They write their result over an input that nobody else reads any more. */
const IN_PLACE = new Set(
  (
    'Add AddV2 AddN Sub Mul RealDiv Maximum Minimum SquaredDifference BiasAdd Softmax Cast Abs Sign Neg Square Sqrt ' +
    'Rsqrt RsqrtGrad Exp Log Log1p Erf Tanh Sigmoid SigmoidGrad Softplus Relu ReluGrad ClipByValue'
  ).split(' '),
);
/** Variables and constants are there before the run; feeds come from outside. */
const OUTSIDE = new Set(['Const', 'VarHandleOp', 'ReadVariableOp', 'Placeholder']);
const DTYPE_BYTES: Readonly<Record<number, number>> = {
  [DataType.float32]: 4,
  [DataType.int32]: 4,
  [DataType.bool]: 1,
};

/** A piece of memory and how many reads of it are still to come. */
interface Block {
  readonly bytes: number;
  reads: number;
}

/**
 * Plays a run through.
 * @throws Error if operations wait for each other.
 */
export function runMemory(graph: Graph, run: GraphRun): RunMemory {
  const nodes = neededNodes(graph, run);
  const reads = countReads(nodes, run);
  const blocks = new Map<string, Block>();
  let live = 0;
  let peakBytes = 0;

  const produce = (node: GraphNode, output: Output, count: number): void => {
    const inputs = node.inputs.map((input) => blocks.get(keyOf(input)));
    const bytes = bytesOf(graph, output);
    const isLastRead = (block: Block): boolean => block.reads === inputs.filter((input) => input === block).length;
    const reused = ALIASES.has(node.type)
      ? inputs[0]
      : IN_PLACE.has(node.type)
        ? inputs.find((block) => block?.bytes === bytes && isLastRead(block))
        : undefined;
    if (reused) reused.reads += count;
    // An alias of a variable or a feed is outside, too.
    else if (ALIASES.has(node.type)) return;
    else live += bytes;
    blocks.set(keyOf(output), reused ?? { bytes, reads: count });
  };

  for (const operation of executionOrder(nodes)) {
    const node = nodes.get(operation)!;
    for (const [index, count] of reads.get(operation) ?? []) {
      if (!OUTSIDE.has(node.type)) produce(node, { operation, index }, count);
    }
    peakBytes = Math.max(peakBytes, live);
    for (const input of node.inputs) {
      const block = blocks.get(keyOf(input));
      if (!block) continue;
      block.reads -= 1;
      if (block.reads === 0) live -= block.bytes;
    }
  }
  return { peakBytes, operations: nodes.size };
}

const keyOf = ({ operation, index }: Output): string => `${operation}:${index}`;

function bytesOf(graph: Graph, output: Output): number {
  return graph.shapeOf(output).reduce((a, b) => a * b, DTYPE_BYTES[graph.typeOf(output)] ?? 0);
}

/** Operations that a run needs. What lies behind a feed is not needed. */
function neededNodes(graph: Graph, { feeds, fetches, targets }: GraphRun): Map<Pointer, GraphNode> {
  const fed = new Set(feeds.map(({ operation }) => operation));
  const needed = new Map<Pointer, GraphNode>();
  const open = [...fetches.map(({ operation }) => operation), ...targets];
  while (open.length > 0) {
    const operation = open.pop()!;
    if (needed.has(operation)) continue;
    const node = graph.nodes.get(operation)!;
    needed.set(operation, node);
    if (!fed.has(operation)) open.push(...node.inputs.map((input) => input.operation), ...node.after);
  }
  return needed;
}

/** How often each output of each operation is read. */
function countReads(
  nodes: ReadonlyMap<Pointer, GraphNode>,
  { fetches }: GraphRun,
): ReadonlyMap<Pointer, ReadonlyMap<number, number>> {
  const reads = new Map<Pointer, Map<number, number>>();
  for (const { operation, index } of [...[...nodes.values()].flatMap(({ inputs }) => inputs), ...fetches]) {
    const counts = reads.get(operation) ?? new Map<number, number>();
    reads.set(operation, counts.set(index, (counts.get(index) ?? 0) + 1));
  }
  return reads;
}

/** First ready, first run. */
function* executionOrder(nodes: ReadonlyMap<Pointer, GraphNode>): Generator<Pointer> {
  const readers = new Map<Pointer, Pointer[]>();
  const waiting = new Map<Pointer, number>();
  const ready: Pointer[] = [];
  for (const [operation, { inputs, after }] of nodes) {
    const sources = new Set([...inputs.map((input) => input.operation), ...after]);
    waiting.set(operation, sources.size);
    if (sources.size === 0) ready.push(operation);
    for (const source of sources) {
      const known = readers.get(source);
      if (known) known.push(operation);
      else readers.set(source, [operation]);
    }
  }
  // The list grows while it is walked.
  for (const operation of ready) {
    yield operation;
    for (const reader of readers.get(operation) ?? []) {
      const left = waiting.get(reader)! - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (ready.length < nodes.size) throw new Error('operations of the graph wait for each other');
}
