/** @file Parameters that a run begins with: fresh ones, or those of a file. */
import type { ParamSpec } from '../nn/param_spec.js';
import type { HostTree } from '../weights/tree.js';
import { freshParams } from './fresh.js';
import { matchParams } from './match.js';
import type { AssumedConfigs, Model } from './model.js';
import { readModelFile } from './model_file.js';

/**
 * Parameters in official layout: fresh for `specs`, or taken from the model file `initFrom` and held to `specs`.
 * @throws UserError if the file does not fit (parameter, expected, found).
 */
export async function startingTree(
  specs: readonly ParamSpec[],
  seed: number,
  initFrom: string | null,
  pick: (model: Model) => { tree: HostTree } | undefined,
  assumed: AssumedConfigs = {},
): Promise<HostTree> {
  if (initFrom === null) return freshParams(specs, seed);
  return matchParams(pick(await readModelFile(initFrom, assumed))?.tree ?? new Map(), [...specs], initFrom);
}
