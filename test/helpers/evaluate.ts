/** @file Runs a pure tensor function op by op or as a compiled graph, for tests that hold both to the same numbers. */
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import type { Tensors } from '../../src/engine/tfjs.js';
import type { Engine, EngineKind, Executable, Program, TensorSpec } from '../../src/engine/types.js';

export const engineKinds: readonly EngineKind[] = ['eager', 'compiled'];

/** `body` on an engine, for feeds (float32 or int32 by the array's type) of these shapes: to be run with several of them. */
export function prepareFor(
  engine: Engine,
  feeds: Readonly<Record<string, HostArray>>,
  body: Program['body'],
): Executable {
  const inputs: Record<string, TensorSpec> = {};
  for (const [name, { shape, data }] of Object.entries(feeds)) {
    inputs[name] = { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' };
  }
  return engine.prepare({ name: 'evaluate', inputs, body });
}

/** Evaluates `body` on `feeds` and returns its named results. */
export async function evaluate(
  kind: EngineKind,
  body: (inputs: Tensors) => Tensors,
  feeds: Readonly<Record<string, HostArray>>,
): Promise<Record<string, HostArray>> {
  const engine = createEngine({ kind });
  try {
    return await prepareFor(engine, feeds, body).run(feeds);
  } finally {
    engine.dispose();
  }
}
