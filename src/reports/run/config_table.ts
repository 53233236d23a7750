/** @file Reports of runs: settings in which runs differ, or in which a single one differs from the defaults. */
import { isDeepStrictEqual } from 'node:util';
import { configKeys, valueAt } from '../../config/keys.js';

/** A key and its value in each run. */
export interface ConfigRow {
  readonly key: string;
  readonly values: readonly unknown[];
}

/**
 * @param configs Resolved configs, one a run.
 * @returns Keys whose values are not all equal; of a single config, keys whose value is not the default. In the order of
 *   the schema.
 */
export function configRows(configs: readonly unknown[]): ConfigRow[] {
  return configKeys()
    .map(({ key, default: fallback }) => ({ key, fallback, values: configs.map((config) => valueAt(config, key)) }))
    .filter(({ values, fallback }) => {
      const [first, ...others] = values;
      if (others.length > 0) return others.some((value) => !isDeepStrictEqual(value, first));
      return first !== undefined && !isDeepStrictEqual(first, fallback);
    })
    .map(({ key, values }) => ({ key, values }));
}
