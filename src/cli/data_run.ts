/** @file `rsd-data`: the run file that its commands look at. */
import type { LoadedRun } from '../config/load.js';
import { parseDevice, selectDevice } from '../engine/device.js';

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
 * Loads it. What degrades whole batches will run on the CPU.
 * @throws UserError as `loadRunConfig`
 */
export async function openRun(config: string, set: readonly string[]): Promise<LoadedRun> {
  selectDevice(parseDevice('cpu'));
  const { loadRunConfig } = await import('../config/load.js');
  return loadRunConfig(config, set);
}
