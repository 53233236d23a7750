/** @file `rsd-data`: the run file that its commands look at. */
import type { LoadedRun } from '../config/load.js';
import type { RunConfig } from '../config/schema.js';
import { parseDevice, selectDevice } from '../engine/device.js';
import type { Engine } from '../engine/types.js';

/** Options that name a run. */
export const runArguments = {
  config: {
    type: 'string',
    demandOption: true,
    requiresArg: true,
    describe: 'run file: a path, or the name of one that ships in configs/',
  },
  set: {
    type: 'string',
    array: true,
    default: [] as string[],
    requiresArg: true,
    describe: 'set a key, e.g. --set data.train=my-photos; repeatable',
  },
} as const;

/**
 * Loads it.
 * @throws UserError as `loadRunConfig`
 */
export async function openRun(config: string, set: readonly string[]): Promise<LoadedRun> {
  const { loadRunConfig } = await import('../config/load.js');
  return loadRunConfig(config, set);
}

/**
 * Does something with an engine on the CPU, if the run's degradation works on batches and needs one; TensorFlow takes
 * seconds to start.
 */
export async function withEngine<T>({ data, engine }: RunConfig, use: (engine?: Engine) => Promise<T>): Promise<T> {
  if (data.lq !== null || data.degradation.kind !== 'realesrgan') return use();
  selectDevice(parseDevice('cpu'));
  const { createEngine } = await import('../engine/engine.js');
  const created = createEngine({ kind: engine.kind, threads: engine.threads });
  try {
    return await use(created);
  } finally {
    created.dispose();
  }
}
