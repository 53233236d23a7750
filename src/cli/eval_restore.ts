/** @file `rsd-eval`: restores the inputs with each model before they are measured. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { EngineKind } from '../engine/types.js';
import { imageSet, type ImageSet } from '../evaluation/image_sets.js';
import { recordRestoration } from '../evaluation/restoration_record.js';
import { fingerprint } from '../evaluation/scores.js';
import { loadModel } from '../restore/load_model.js';
import { createRestorer } from '../restore/restorer.js';
import { outputFormatOf, restoreFiles, type OutputOptions } from './infer_files.js';
import type { Logger } from './log.js';

/** How models restore. */
export interface RestoreSettings {
  readonly autoencoder?: string;
  readonly config?: string;
  /** Of teachers. */
  readonly steps?: number;
  readonly seed?: number;
  readonly tile?: number;
  readonly overlap?: number;
  readonly engine: EngineKind;
  /** Reads and writes as the RSD release. */
  readonly asRelease: boolean;
  readonly overwrite: boolean;
}

/** What came of one model; `failed` images are told in the log. */
export interface RestoredModel {
  readonly set: ImageSet;
  readonly failed: number;
}

/**
 * Restores what is not there yet into `folder`/NAME; the settings are kept beside it.
 * @param inputs LR images, in `lr`.
 * @throws UserError if the model cannot be used, or the images there were restored otherwise; the signal's reason.
 */
export async function restoreWith(
  name: string,
  weights: string,
  inputs: ImageSet,
  folder: string,
  settings: RestoreSettings,
  log: Logger,
  signal: AbortSignal,
): Promise<RestoredModel> {
  const { autoencoder, config, asRelease, overwrite } = settings;
  const options: OutputOptions = { format: 'png', strip: true, asRelease };
  const output = path.join(folder, name);
  await mkdir(output, { recursive: true });
  const model = await loadModel({ weights, autoencoder, config });
  const steps = model.kind === 'teacher' ? settings.steps : undefined;
  const { seed, tile, overlap, engine } = settings;
  const files = [weights, autoencoder, config].filter((file) => file !== undefined);
  const record = {
    files: await fingerprint(files),
    inputs: await fingerprint([...inputs.values()]),
    steps: steps ?? null,
    seed: seed ?? null,
    tile: tile ?? null,
    overlap: overlap ?? null,
    asRelease,
  };
  await recordRestoration(`${output}.json`, record, overwrite);
  const jobs = [...inputs].map(([stem, input]) => ({
    input,
    output: path.join(output, stem + outputFormatOf(input, options).extension),
  }));
  const open = overwrite ? jobs : jobs.filter((job) => !existsSync(job.output));
  if (open.length === 0) return { set: await imageSet(output, '--model'), failed: 0 };
  log.info(`${name}: ${open.length} of ${jobs.length} images to restore`);
  const restorer = await createRestorer({ model, engine: { kind: engine }, steps, seed, tile, overlap });
  try {
    const { failures } = await restoreFiles(restorer, open, options, log, signal);
    signal.throwIfAborted();
    for (const failure of failures) log.error(`${name}: ${failure.message}`);
    return { set: await imageSet(output, '--model'), failed: failures.length };
  } finally {
    restorer.dispose();
  }
}
