/** @file Methods that a run file can name and that cannot be trained yet. */
import { UserError } from '../errors.js';
import type { RunConfig } from './schema.js';

/** Methods that are described (`sinsr`: its official file, for restoring) before their training is written. */
const DESCRIBED_ONLY = ['sinsr'] as const;

/** A run whose method can be trained. */
export type TrainableRun = RunConfig & { method: Exclude<RunConfig['method'], (typeof DESCRIBED_ONLY)[number]> };

/**
 * Refuses runs of methods whose training is not there.
 * @param file run file, named in the error
 * @throws UserError naming what works instead
 */
export function requireTrainable(config: RunConfig, file?: string): asserts config is TrainableRun {
  if (!DESCRIBED_ONLY.some((method) => method === config.method)) return;
  throw new UserError('this method cannot be trained yet', {
    file,
    key: 'method',
    expected: 'rsd, resshift or autoencoder',
    found: config.method,
    remedy:
      'rsd-train --print-config and rsd-infer --config take the file; --set method=rsd distils the same teacher by RSD',
  });
}
