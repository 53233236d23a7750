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
    /** Most GPU memory to use, MiB. */
    readonly capMb?: number;
  };
}

const Field = { intraOpThreads: 2, gpuOptions: 6, allowSoftPlacement: 7 } as const;
const GpuField = { allowGrowth: 4, experimental: 9 } as const;
const ExperimentalField = { virtualDevices: 1 } as const;
const VirtualDeviceField = { memoryLimitMb: 1 } as const;
const WireType = { varint: 0, bytes: 2 } as const;

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

const tag = (field: number, type: number): number[] => varint(field * 8 + type);
const varintField = (field: number, value: number): number[] => [...tag(field, WireType.varint), ...varint(value)];

const messageField = (field: number, bytes: readonly number[]): number[] => [
  ...tag(field, WireType.bytes),
  ...varint(bytes.length),
  ...bytes,
];

/** One virtual device with a memory limit: the only absolute limit TensorFlow has. */
function memoryLimit(capMb: number): number[] {
  const packedFloat = [...Buffer.from(Float32Array.of(capMb).buffer)];
  const device = messageField(VirtualDeviceField.memoryLimitMb, packedFloat);
  return messageField(GpuField.experimental, messageField(ExperimentalField.virtualDevices, device));
}

/** The serialised ConfigProto for `options`. */
export function encodeSessionConfig(options: SessionOptions): Buffer {
  const gpu = [
    ...(options.gpu?.capMb === undefined ? [] : memoryLimit(options.gpu.capMb)),
    ...(options.gpu?.growth ? varintField(GpuField.allowGrowth, 1) : []),
  ];
  return Buffer.from([
    ...(options.threads ? varintField(Field.intraOpThreads, options.threads) : []),
    ...(gpu.length > 0 ? messageField(Field.gpuOptions, gpu) : []),
    // Operations without a GPU kernel (checks, host-side shapes) run on the CPU instead of failing.
    ...varintField(Field.allowSoftPlacement, 1),
  ]);
}
