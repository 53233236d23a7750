/** @file Running a graph: session, device options, feeds and fetches. */
import { promisify } from 'node:util';
import {
  c,
  checkStatus,
  fromNativeTensor,
  packOutputs,
  packPointers,
  toNativeTensor,
  withStatus,
  DataType,
  type Output,
  type Pointer,
} from './c_api.js';
import type { Graph } from './graph.js';
import type { HostArray } from './host_array.js';
import { trimHeap } from './host_memory.js';
import { encodeSessionConfig, type SessionOptions } from './session_config.js';

/** What one run feeds, reads and triggers. Packed once, since a step runs thousands of times. */
export interface RunPlan {
  readonly inputs: Buffer;
  readonly outputs: Buffer;
  readonly targets: Buffer;
  readonly inputCount: number;
  readonly outputCount: number;
  readonly targetCount: number;
}

/** Packs a run's feeds, fetches and target operations. */
export function planRun(inputs: readonly Output[], outputs: readonly Output[], targets: readonly Pointer[]): RunPlan {
  return {
    inputs: packOutputs(inputs),
    outputs: packOutputs(outputs),
    targets: packPointers(targets),
    inputCount: inputs.length,
    outputCount: outputs.length,
    targetCount: targets.length,
  };
}

export interface DeviceInfo {
  readonly name: string;
  readonly type: string;
  readonly memoryBytes: number;
}

type AsyncSessionRun = (...args: unknown[]) => Promise<void>;
const sessionRun = promisify(c.sessionRun.async.bind(c.sessionRun)) as unknown as AsyncSessionRun;

/** Owns a `TF_Session` on a graph, which may go on growing. */
export class Session {
  private readonly pointer: Pointer;
  private readonly compiled = new WeakSet<RunPlan>();

  constructor(graph: Graph, options: SessionOptions = {}) {
    const native = c.newSessionOptions() as Pointer;
    try {
      const config = encodeSessionConfig(options);
      withStatus((status) => {
        c.setConfig(native, config, config.length, status);
      });
      this.pointer = withStatus((status) => c.newSession(graph.pointer, native, status) as Pointer);
    } finally {
      c.deleteSessionOptions(native);
    }
  }

  /** Runs without blocking the event loop. Throws `NativeError`. */
  async run(plan: RunPlan, feeds: readonly HostArray[]): Promise<HostArray[]> {
    const inputs = feeds.map((feed) =>
      toNativeTensor(feed.data instanceof Int32Array ? DataType.int32 : DataType.float32, feed.shape, feed.data),
    );
    const results = packPointers(new Array<Pointer>(plan.outputCount).fill(0n));
    const status = c.newStatus() as Pointer;
    try {
      await sessionRun(
        this.pointer,
        null,
        plan.inputs,
        packPointers(inputs),
        plan.inputCount,
        plan.outputs,
        results,
        plan.outputCount,
        plan.targets,
        plan.targetCount,
        null,
        status,
      );
      checkStatus(status);
      if (!this.compiled.has(plan)) trimHeap();
      this.compiled.add(plan);
      return Array.from({ length: plan.outputCount }, (_, i) => {
        const tensor = results.readBigUInt64LE(i * 8);
        try {
          return fromNativeTensor(tensor);
        } finally {
          c.deleteTensor(tensor);
        }
      });
    } finally {
      c.deleteStatus(status);
      for (const input of inputs) c.deleteTensor(input);
    }
  }

  /** Devices the session sees. */
  devices(): DeviceInfo[] {
    return withStatus((status) => {
      const list = c.listDevices(this.pointer, status) as Pointer;
      const count = c.deviceCount(list) as number;
      const devices = Array.from({ length: count }, (_, i) => ({
        name: c.deviceName(list, i, status) as string,
        type: c.deviceType(list, i, status) as string,
        memoryBytes: Number(c.deviceMemory(list, i, status)),
      }));
      c.deleteDeviceList(list);
      return devices;
    });
  }

  dispose(): void {
    withStatus((status) => {
      c.closeSession(this.pointer, status);
    });
    withStatus((status) => {
      c.deleteSession(this.pointer, status);
    });
  }
}
