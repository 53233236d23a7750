/** @file The EMA weights of a training checkpoint as a model file. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { autoencoderConfigOf } from '../autoencoder/read.js';
import { loadRunConfig } from '../config/load.js';
import type { RunConfig } from '../config/schema.js';
import { UserError } from '../errors/user_error.js';
import { trainedModel, type TrainedWeights } from '../methods/trained_model.js';
import type { Model, Weighted } from '../models/model.js';
import { readModelFile, writeModelFile } from '../models/model_file.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { EMA } from '../optimizer/outline.js';
import { MANIFEST_NAME, readManifest, verifyFiles } from '../training/checkpoint_manifest.js';
import { CheckpointStore } from '../training/checkpoint_store.js';
import { runPaths } from '../training/run_folder.js';
import { readGroup } from '../training/train_state.js';

/** Which of a run's checkpoints: the newest, the one with the best validation score, or the one of an iteration. */
export type WhichCheckpoint = 'latest' | 'best' | number;

/** What {@link exportCheckpoint} is to do. */
export interface ExportOptions {
  /** A run folder, or one checkpoint's folder inside it. */
  readonly checkpoint: string;
  /** For a run folder; `latest` by default. */
  readonly which?: WhichCheckpoint;
  readonly output: string;
  /** Autoencoder file instead of the run's own; false leaves the autoencoder out. */
  readonly autoencoder?: string | false;
  /** Round weights to half precision. */
  readonly half?: boolean;
}

/** What {@link exportCheckpoint} has done. */
export interface ExportResult {
  /** Folder of the checkpoint that was taken. */
  readonly folder: string;
  readonly iteration: number;
  readonly model: Model;
}

/**
 * Writes the model file of a checkpoint.
 * @throws UserError if there is no such checkpoint, its files are damaged, or the weights do not fit the run's config.
 */
export async function exportCheckpoint({
  checkpoint,
  which,
  output,
  autoencoder,
  half,
}: ExportOptions): Promise<ExportResult> {
  const { folder, configFile } = await findCheckpoint(checkpoint, which);
  const { config: run } = await loadRunConfig(configFile);
  const weights = await readTrainedWeights(folder);
  const model = trainedModel(run, weights, await autoencoderOf(run, autoencoder));
  await writeModelFile(output, model, { half });
  return { folder, iteration: weights.iteration, model };
}

async function findCheckpoint(
  checkpoint: string,
  which: WhichCheckpoint | undefined,
): Promise<{ folder: string; configFile: string }> {
  const isFile = (file: string): Promise<boolean> =>
    stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
  if (await isFile(path.join(checkpoint, MANIFEST_NAME))) {
    if (which !== undefined) {
      throw new UserError('this is one checkpoint already', {
        file: checkpoint,
        key: '--which',
        remedy: 'Leave --which out',
      });
    }
    return { folder: checkpoint, configFile: runPaths(path.resolve(checkpoint, '../..')).config };
  }
  const paths = runPaths(checkpoint);
  if (!(await isFile(paths.config))) {
    throw new UserError('neither a run folder nor a checkpoint', {
      file: checkpoint,
      expected: `${path.basename(paths.config)} (run) or ${MANIFEST_NAME} (checkpoint) in it`,
    });
  }
  return { folder: await chooseCheckpoint(paths.checkpoints, which ?? 'latest'), configFile: paths.config };
}

async function chooseCheckpoint(checkpoints: string, which: WhichCheckpoint): Promise<string> {
  const store = new CheckpointStore(checkpoints, { keepLast: 0 });
  const entries = await store.list();
  if (entries.length === 0) throw new UserError('the run has no checkpoint yet', { file: checkpoints });
  const chosen =
    which === 'latest'
      ? entries.at(-1)
      : which === 'best'
        ? await store.best()
        : entries.find(({ iteration }) => iteration === which);
  if (!chosen) {
    const scored = which === 'best' ? 'a checkpoint with a validation score' : 'an iteration that was kept';
    const found = entries.map(({ iteration }) => iteration).join(', ');
    throw new UserError('no such checkpoint', {
      file: checkpoints,
      key: '--which',
      expected: scored,
      found: `iterations ${found}`,
    });
  }
  return chosen.folder;
}

/** The EMA weights of a checkpoint, checked against its manifest. Other files of the checkpoint are not touched. */
async function readTrainedWeights(folder: string): Promise<TrainedWeights> {
  const manifest = await readManifest(folder);
  const file = manifest.files[EMA];
  if (!file)
    throw new UserError('the checkpoint has no EMA weights', {
      file: folder,
      found: Object.keys(manifest.files).join(', '),
    });
  await verifyFiles(folder, { ...manifest, files: { [EMA]: file } });
  const ema = await readGroup(path.join(folder, file.name));
  return { ema, iteration: manifest.iteration, score: manifest.score };
}

async function autoencoderOf(
  run: RunConfig,
  file: string | false | undefined,
): Promise<Weighted<AutoencoderConfig> | undefined> {
  if (file === false || run.method === 'autoencoder' || !run.diffusion.latentFlag) return undefined;
  const source = file ?? run.autoencoder.weights;
  const { autoencoder } = await readModelFile(source, { autoencoder: autoencoderConfigOf(run) });
  if (!autoencoder) throw new UserError('the file holds no autoencoder', { file: source });
  return autoencoder;
}
