/** @file `rsd-eval`: restores the inputs with each model before they are measured. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { EngineKind } from '../engine/types.js';
import type { ImageSet } from '../evaluation/image_sets.js';
import { recordRestoration } from '../evaluation/restoration_record.js';
import { fingerprint } from '../evaluation/scores.js';
import { loadModel } from '../restore/load_model.js';
import { createRestorer } from '../restore/restorer.js';
import type { ModelOptions } from './eval_values.js';
import { outputFormatOf, restoreFiles, type OutputOptions } from './infer_files.js';
import type { Logger } from './log.js';

/** How models restore. */
export interface RestoreSettings {
  readonly seed?: number;
  readonly tile?: number;
  readonly overlap?: number;
  readonly engine: EngineKind;
  /** Reads and writes as the RSD release. */
  readonly asRelease: boolean;
  readonly overwrite: boolean;
}

/** What is restored, and where to. */
export interface RestoreTask {
  readonly models: ReadonlyMap<string, ModelOptions>;
  readonly inputs: ImageSet;
  /** Gets a folder for each model, with its settings beside it. */
  readonly folder: string;
  readonly settings: RestoreSettings;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What came of it; failed images are told in the log. */
export interface RestoredModels {
  readonly sets: ReadonlyMap<string, ImageSet>;
  readonly failed: number;
}

/**
 * Restores what is not there yet, one model after another.
 * @throws UserError if a model cannot be used, or the images there were restored otherwise; the signal's reason.
 */
export async function restoreModels(task: RestoreTask): Promise<RestoredModels> {
  const sets = new Map<string, ImageSet>();
  let failed = 0;
  for (const [name, model] of task.models) {
    const output = path.join(task.folder, name);
    await mkdir(output, { recursive: true });
    await recordRestoration(`${output}.json`, await recordOf(model, task), task.settings.overwrite);
    const set = resultsIn(output, task);
    failed += await restoreMissing(name, model, set, task);
    sets.set(name, set);
  }
  return { sets, failed };
}

async function recordOf({ weights, autoencoder, config, steps }: ModelOptions, { inputs, settings }: RestoreTask) {
  const { seed, tile, overlap, asRelease } = settings;
  return {
    files: await fingerprint([weights, autoencoder, config].filter((file) => file !== undefined)),
    inputs: await fingerprint([...inputs.values()]),
    steps: steps ?? null,
    seed: seed ?? null,
    tile: tile ?? null,
    overlap: overlap ?? null,
    asRelease,
  };
}

const outputOptions = ({ asRelease }: RestoreSettings): OutputOptions => ({ format: 'png', strip: true, asRelease });

/** Where the results go; other files of the folder do not matter. */
function resultsIn(folder: string, { inputs, settings }: RestoreTask): ImageSet {
  const options = outputOptions(settings);
  const fileOf = (name: string, input: string): string =>
    path.join(folder, name + outputFormatOf(input, options).extension);
  return new Map([...inputs].map(([name, input]) => [name, fileOf(name, input)]));
}

/** Answers how many images could not be restored. */
async function restoreMissing(
  name: string,
  model: ModelOptions,
  results: ImageSet,
  { inputs, settings, log, signal }: RestoreTask,
): Promise<number> {
  const { seed, tile, overlap, engine, overwrite } = settings;
  const jobs = [...inputs].map(([image, input]) => ({ input, output: results.get(image)! }));
  const open = overwrite ? jobs : jobs.filter((job) => !existsSync(job.output));
  if (open.length === 0) return 0;
  log.info(`${name}: ${open.length} of ${jobs.length} images to restore`);
  const loaded = await loadModel(model);
  const restorer = await createRestorer({
    model: loaded,
    engine: { kind: engine },
    steps: model.steps,
    seed,
    tile,
    overlap,
  });
  try {
    const { failures } = await restoreFiles(restorer, open, outputOptions(settings), log, signal);
    signal.throwIfAborted();
    for (const failure of failures) log.error(`${name}: ${failure.message}`);
    return failures.length;
  } finally {
    restorer.dispose();
  }
}
