/** @file Making an engine: compiled (traced graphs) or eager (op by op). */
import { CompiledEngine } from './compiled_engine.js';
import { requireSelectedDevice, selectedGpuOptions } from './device.js';
import { EagerEngine } from './eager_engine.js';
import type { SessionOptions } from './session_config.js';
import { tf } from './tfjs.js';
import type { Engine, EngineKind } from './types.js';

export interface EngineOptions extends SessionOptions {
  readonly kind: EngineKind;
}

/**
 * A new engine without state. Dispose of it when done: its variables live outside the JavaScript heap.
 * Throws `UserError` when `selectDevice` asked for CUDA and none is usable.
 */
export function createEngine({ kind, ...options }: EngineOptions): Engine {
  if (kind === 'eager') {
    requireSelectedDevice([tfjsDeviceType()]);
    return new EagerEngine();
  }
  const engine = new CompiledEngine({ gpu: selectedGpuOptions(), ...options });
  try {
    requireSelectedDevice(engine.session.devices().map((device) => device.type));
    return engine;
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

const tfjsDeviceType = (): string =>
  (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice ? 'GPU' : 'CPU';
