/**
 * @file TensorFlow's ConfigProto, encoded by hand: the few fields used here do not justify a protobuf compiler.
 *
 * Field numbers are those of tensorflow/core/protobuf/config.proto.
 */

/** How a session uses the machine. */
export interface SessionOptions {
  /** Threads inside one operation; 0 or undefined means one per core. */
  readonly threads?: number;
  readonly gpu?: {
    /** Take GPU memory as needed instead of all at once. */
    readonly growth?: boolean;
    /** Share of the GPU's memory to use at most, in (0, 1]. */
    readonly fraction?: number;
  };
}

const Field = { intraOpThreads: 2, gpuOptions: 6, allowSoftPlacement: 7 } as const;
const GpuField = { memoryFraction: 1, allowGrowth: 4 } as const;
const WireType = { varint: 0, fixed64: 1, bytes: 2 } as const;

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

const tag = (field: number, type: number): number[] => varint(field * 8 + type);
const varintField = (field: number, value: number): number[] => [...tag(field, WireType.varint), ...varint(value)];

function doubleField(field: number, value: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return [...tag(field, WireType.fixed64), ...bytes];
}

/** The serialised ConfigProto for `options`. */
export function encodeSessionConfig(options: SessionOptions): Buffer {
  const gpu = [
    ...(options.gpu?.fraction === undefined ? [] : doubleField(GpuField.memoryFraction, options.gpu.fraction)),
    ...(options.gpu?.growth ? varintField(GpuField.allowGrowth, 1) : []),
  ];
  return Buffer.from([
    ...(options.threads ? varintField(Field.intraOpThreads, options.threads) : []),
    ...(gpu.length > 0 ? [...tag(Field.gpuOptions, WireType.bytes), ...varint(gpu.length), ...gpu] : []),
    // Operations without a GPU kernel (checks, host-side shapes) run on the CPU instead of failing.
    ...varintField(Field.allowSoftPlacement, 1),
  ]);
}
