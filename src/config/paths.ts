/** @file Files and folders a run file names: where relative ones are looked up and which of them a method reads. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { configKeys, valueAt } from './keys.js';
import type { RunConfig } from './schema.js';

/** Keys that hold a path or a list of paths. */
export function pathKeys(): string[] {
  return configKeys().flatMap(({ key, isPath }) => (isPath ? [key] : []));
}

function locate(path: string, bases: readonly string[]): string {
  if (isAbsolute(path) || existsSync(path)) return path;
  return bases.map((base) => resolve(base, path)).find((candidate) => existsSync(candidate)) ?? path;
}

/**
 * Replaces relative paths that do not exist in the working directory but do in one of `bases`. Others stay as written,
 * so that whoever reads them names them as the user did.
 * @param bases folders in order of preference
 */
export function locatePaths(config: RunConfig, bases: readonly string[]): RunConfig {
  const located = structuredClone(config);
  for (const key of pathKeys()) {
    const value = valueAt(located, key);
    const section = valueAt(located, key.split('.').slice(0, -1).join('.')) as Record<string, unknown>;
    const name = key.split('.').at(-1)!;
    if (typeof value === 'string') section[name] = locate(value, bases);
    else if (Array.isArray(value)) section[name] = value.map((path: string) => locate(path, bases));
  }
  return located;
}

/**
 * Folders for {@link locatePaths}: the run file's own and one more: for a shipped run file the package's, for an official
 * one that above its own, as `configs/` stands beside `weights/` in the releases.
 */
export function basesOf(file: string, home: { packageRoot: string } | 'above' | undefined): string[] {
  const own = dirname(file);
  if (home === undefined) return [own];
  return [own, home === 'above' ? dirname(resolve(own)) : home.packageRoot];
}

function perceptualKeyOf(config: RunConfig): string[] {
  const section = config.method === 'autoencoder' ? 'autoencoderTraining' : 'rsd';
  const { metric, weight } = config[section].perceptual;
  return metric !== 'none' && weight > 0 ? [`${section}.perceptual.weights`] : [];
}

function latentKeyOf({ diffusion }: RunConfig): string[] {
  return diffusion.latentFlag ? ['autoencoder.weights'] : [];
}

function keysReadBy(config: RunConfig): string[] {
  const metrics = config.train.validationMetrics.map((name) => `train.metricWeights.${name}`);
  const data = ['data.train', 'data.lq', 'data.validation.hr', 'data.validation.lq', ...metrics];
  switch (config.method) {
    case 'rsd':
    case 'vsd':
    case 'sid':
      return [...data, 'teacher.weights', ...latentKeyOf(config), ...perceptualKeyOf(config)];
    case 'resshift':
      return [...data, ...latentKeyOf(config), 'resshift.initFrom'];
    case 'sinsr':
      return [...data, 'teacher.weights', ...latentKeyOf(config)];
    case 'autoencoder':
      return [...data, 'autoencoderTraining.initFrom', ...perceptualKeyOf(config)];
  }
}

/** A path of a run file. */
export interface NamedPath {
  readonly key: string;
  readonly path: string;
}

/** What the run's method reads and is not there (nothing is opened). Paths of unused sections do not count. */
export function missingPaths(config: RunConfig): NamedPath[] {
  return keysReadBy(config).flatMap((key) =>
    [valueAt(config, key)]
      .flat()
      .filter((path): path is string => typeof path === 'string' && !existsSync(path))
      .map((path) => ({ key, path })),
  );
}
