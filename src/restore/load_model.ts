/** @file Images in, images out: the model that one, two or three files make together. */
import { loadAssumedNetworks, type AssumedNetworks } from '../config/assumed.js';
import { UserError } from '../errors/user_error.js';
import type { Model } from '../models/model.js';
import { readModelFile } from '../models/model_file.js';

/** Which files make a model. */
export interface ModelFiles {
  /** A model file, which needs nothing else, or an official state dict. */
  readonly weights: string;
  /** Autoencoder instead of the weights' own, if they have one. */
  readonly autoencoder?: string;
  /**
   * A run file or an official YAML file, for a state dict: how its network and process are built (official x4 otherwise),
   * and where its autoencoder is, unless `autoencoder` says so.
   */
  readonly config?: string;
}

/**
 * @param onConfig Gets what `config` says.
 * @throws UserError if a file is missing, damaged or not what it is named for, or `config` is given for a model file,
 *   which brings its own.
 */
export async function loadModel(
  { weights, autoencoder, config }: ModelFiles,
  onConfig: (assumed: AssumedNetworks) => void = () => undefined,
): Promise<Model> {
  const assumed = config === undefined ? undefined : await loadAssumedNetworks(config);
  if (assumed) onConfig(assumed);
  const model = await readModelFile(weights, assumed);
  if (assumed && model.assumed === undefined) {
    throw new UserError('the weights are a model file, which brings its own configs', {
      file: weights,
      key: '--config',
      remedy: 'Leave --config out',
    });
  }
  const needsOne = model.diffusion?.latentFlag === true && !model.autoencoder;
  const file = autoencoder ?? (needsOne ? assumed?.autoencoderWeights : undefined);
  if (file === undefined) return model;
  const other = await readModelFile(file, { autoencoder: assumed?.autoencoder });
  if (!other.autoencoder) throw new UserError('the file holds no autoencoder', { file, key: '--autoencoder' });
  return { ...model, autoencoder: other.autoencoder };
}
