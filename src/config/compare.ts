/** @file What changed between the run that wrote a checkpoint and the one that wants to go on from it. */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { configKeys, valueAt } from './keys.js';
import { SECTIONS_OF_METHOD } from './methods.js';
import type { RunConfig } from './schema.js';

/** Keys (or whole sections) that leave the remaining numbers of a run as they would have been. */
const FREE_TO_CHANGE: readonly string[] = [
  'train.iterations',
  'train.checkpointEvery',
  'train.keepCheckpoints',
  'train.validateEvery',
  'train.imagesEvery',
  'train.validationMetrics',
  'train.metricWeights',
  'train.bestMetric',
  'train.tensorboard',
  'rsd.validateSteps',
  'data.validation',
  'data.workers',
  'data.prefetch',
  'data.cacheMb',
  'data.maxFailedShare',
  'engine.memory',
];

/** A key whose value changed. */
export interface Difference {
  readonly key: string;
  readonly saved: unknown;
  readonly now: unknown;
}

function under(key: string, section: string): boolean {
  return key === section || key.startsWith(`${section}.`);
}

function comparable(value: unknown, isPath: boolean): unknown {
  if (!isPath) return value;
  return typeof value === 'string'
    ? resolve(value)
    : Array.isArray(value)
      ? value.map((v) => resolve(v as string))
      : value;
}

/**
 * Keys whose change forbids going on from a checkpoint as if nothing had happened: seed, batch, sizes, losses, ...
 * Length of the run, checkpoints, validation, threads and the like may change and are not listed.
 * @param saved the run that wrote the checkpoint
 * @param now the run that wants to go on
 */
export function continuationDifferences(saved: RunConfig, now: RunConfig): Difference[] {
  const own: readonly string[] = SECTIONS_OF_METHOD[now.method];
  const unread = Object.values(SECTIONS_OF_METHOD)
    .flat()
    .filter((section) => !own.includes(section));
  const ignored = [...FREE_TO_CHANGE, ...unread];
  return configKeys()
    .filter(({ key }) => !ignored.some((section) => under(key, section)))
    .map(({ key, isPath }) => ({ key, isPath, saved: valueAt(saved, key), now: valueAt(now, key) }))
    .filter((d) => !isDeepStrictEqual(comparable(d.saved, d.isPath), comparable(d.now, d.isPath)))
    .map(({ key, saved: before, now: after }) => ({ key, saved: before, now: after }));
}
