/** @file Provides the native TensorFlow: fetch, unpack, build, check, put in place. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { activate, clearStaging, createStaging, installedStamp, writeStamps, type Stamp } from './installation.js';
import { withLock } from './lock.js';
import { buildBinding, loadedVersion, unpackWheels } from './native_parts.js';
import type { Recipe } from './recipe.js';
import { findCompiler, findPython, freeBytes, requireSpace } from './requirements.js';
import { cachedWheel, clearPartialDownloads, downloadWheel, missingWheels, verifyWheel } from './wheel_cache.js';

export interface SetUpOptions {
  readonly recipe: Recipe;
  /** Folder of the installed `@tensorflow/tfjs-node-gpu`. */
  readonly packageDir: string;
  readonly cacheDir: string;
  /** Whether to keep what is installed. */
  readonly accept: (installed: Stamp) => boolean;
  /** Gets one line a step. */
  readonly log: (line: string) => void;
  /** Measures disk space. */
  readonly free?: (folder: string) => Promise<number>;
}

/**
 * Installs the recipe's TensorFlow unless something acceptable is installed.
 *
 * May be killed at any moment and run again: downloads already complete are kept, and nothing is put in place before it has
 * been built and loaded. Several at once, for one clone or for several with one cache, wait for each other.
 * @returns What was there already and was kept, or `undefined` after an installation.
 * @throws {UserError} naming what the machine lacks and the command that helps.
 */
export async function setUp(options: SetUpOptions): Promise<Stamp | undefined> {
  const { recipe, packageDir, log } = options;
  const keep = acceptable(options);
  if (keep) return keep;
  log(`installing TensorFlow ${recipe.version} (${recipe.variant}) into ${packageDir}`);
  const [python, compiler] = [await findPython(), await findCompiler()];
  const wheels = await fetchWheels(options, python.command);
  return withLock(packageDir, log, async () => {
    const installedMeanwhile = acceptable(options);
    if (installedMeanwhile) return installedMeanwhile;
    await clearStaging(packageDir);
    const staging = await createStaging(packageDir);
    try {
      await make(options, wheels, staging, { python: python.command, compiler: compiler.command });
      await activate(staging, packageDir);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    return undefined;
  });
}

/** Makes a complete, loadable installation in `staging`. */
async function make(
  { recipe, packageDir, log }: SetUpOptions,
  wheels: readonly string[],
  staging: string,
  { python, compiler }: { python: string; compiler: string },
): Promise<void> {
  await step(log, 'unpacked it', () => unpackWheels(wheels, staging, python));
  await step(log, `built the binding with ${compiler}`, () => buildBinding(packageDir, staging, compiler));
  const version = await step(log, 'loaded it', () => loadedVersion(staging));
  if (version !== recipe.version) throw new Error(`the wheel holds TensorFlow ${version}, not ${recipe.version}`);
  await writeStamps(staging, { variant: recipe.variant, version });
}

function acceptable({ packageDir, accept }: SetUpOptions): Stamp | undefined {
  const installed = installedStamp(packageDir);
  return installed && accept(installed) ? installed : undefined;
}

/** Makes sure that every wheel is in the cache and whole; answers their files. */
async function fetchWheels(options: SetUpOptions, python: string): Promise<string[]> {
  const { recipe, packageDir, cacheDir, log, free = freeBytes } = options;
  const folder = join(cacheDir, 'wheels');
  const { wheels } = recipe;
  return withLock(folder, log, async () => {
    await clearPartialDownloads(folder);
    const missing = missingWheels(folder, wheels);
    const downloadBytes = missing.length > 0 ? recipe.downloadBytes : 0;
    await requireSpace(folder, downloadBytes, free);
    await requireSpace(packageDir, recipe.installedBytes + downloadBytes, free);
    for (const wheel of missing) await downloadWheel(wheel, folder, python, log);
    const cached = wheels.filter((wheel) => !missing.includes(wheel));
    for (const wheel of cached) await verifyWheel(folder, wheel);
    if (cached.length > 0)
      log(`using ${cached.length === 1 ? 'the download' : `${cached.length} downloads`} in ${folder}`);
    return wheels.map((wheel) => cachedWheel(folder, wheel));
  });
}

async function step<T>(log: (line: string) => void, name: string, body: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await body();
  log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}
