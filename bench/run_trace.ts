/** @file What TensorFlow reports about the operations of a run (`RunMetadata`), for runs of a compiled engine. */
import koffi from 'koffi';
import { c, type Pointer } from '../src/engine/c_api.js';
import { nativeLibrary } from '../src/engine/library.js';
import { messagesOf, numberOf, textOf } from './protobuf.js';

/** One operation of a run, as it ran after TensorFlow's optimiser. */
export interface TracedOperation {
  readonly name: string;
  /** `MatMul`, `_FusedConv2D`, ... */
  readonly type: string;
  /** Shape of the first output. */
  readonly shape: readonly number[];
  /** Seconds by the clock, on the thread that ran it. */
  readonly seconds: number;
}

/** `RunOptions` with `trace_level` (field 1) SOFTWARE_TRACE. */
const TRACED = Buffer.from([1 << 3, 1]);

// Field numbers of tensorflow/core/framework/step_stats.proto and of the messages in it.
const RunMetadata = { stepStats: 1 } as const;
const StepStats = { devices: 1 } as const;
const DeviceStepStats = { nodes: 2 } as const;
const NodeExecStats = { name: 1, outputs: 7, label: 8, startNanos: 14, endNanos: 15 } as const;
const NodeOutput = { description: 3 } as const;
const TensorDescription = { shape: 2 } as const;
const TensorShape = { dims: 2 } as const;
const Dim = { size: 1 } as const;

const OPTIONS_ARGUMENT = 1;
const METADATA_ARGUMENT = 10;

/**
 * From now on every session of this process that is made traces its runs. Must be called before the engine's modules are
 * loaded: they keep the entry point.
 * @returns takes the operations of the runs since the last call.
 */
export function traceRuns(): () => TracedOperation[] {
  const library = koffi.load(nativeLibrary());
  const newBuffer = library.func('void* TF_NewBuffer()');
  const bufferOf = library.func('void* TF_NewBufferFromString(void* bytes, size_t length)');
  const deleteBuffer = library.func('void TF_DeleteBuffer(void* buffer)');
  const options = bufferOf(TRACED, TRACED.length) as Pointer;
  const run = c.sessionRun.async.bind(c.sessionRun) as (...args: unknown[]) => void;
  let traced: TracedOperation[] = [];
  const tracing = (...args: unknown[]): void => {
    const metadata = newBuffer() as Pointer;
    const done = args.pop() as (error: unknown, result: unknown) => void;
    args[OPTIONS_ARGUMENT] = options;
    args[METADATA_ARGUMENT] = metadata;
    run(...args, (error: unknown, result: unknown) => {
      const { data, length } = readBuffer(metadata);
      if (length > 0) traced = traced.concat(operationsOf(new Uint8Array(koffi.view(data, length))));
      deleteBuffer(metadata);
      done(error, result);
    });
  };
  c.sessionRun.async = tracing as typeof c.sessionRun.async;
  return () => {
    const taken = traced;
    traced = [];
    return taken;
  };
}

function readBuffer(buffer: Pointer): { data: Pointer; length: number } {
  const [data, length] = koffi.decode(buffer, koffi.array('uint64_t', 2)) as [bigint | number, bigint | number];
  return { data: BigInt(data), length: Number(length) };
}

function operationsOf(metadata: Uint8Array): TracedOperation[] {
  const devices = messagesOf(metadata, RunMetadata.stepStats).flatMap((stats) => messagesOf(stats, StepStats.devices));
  return devices.flatMap((device) => messagesOf(device, DeviceStepStats.nodes)).map(operationOf);
}

function operationOf(node: Uint8Array): TracedOperation {
  // The label is `name = Type(inputs)`, with a part about memory before it.
  const type = / = ([^(]+)\(/.exec(textOf(node, NodeExecStats.label))?.[1] ?? 'other';
  const description = messagesOf(node, NodeExecStats.outputs).flatMap((o) => messagesOf(o, NodeOutput.description))[0];
  const dims = description
    ? messagesOf(description, TensorDescription.shape).flatMap((s) => messagesOf(s, TensorShape.dims))
    : [];
  return {
    name: textOf(node, NodeExecStats.name),
    type,
    shape: dims.map((dim) => numberOf(dim, Dim.size)),
    seconds: (numberOf(node, NodeExecStats.endNanos) - numberOf(node, NodeExecStats.startNanos)) / 1e9,
  };
}
