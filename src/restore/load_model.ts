/** @file Images in, images out: the model that one, two or three files make together. */
import { UserError } from '../errors.js';
import { readModelFile, type Model } from '../weights/model_file.js';

/** Which files make a model. */
export interface ModelFiles {
  /** A model file, which needs nothing else, or an official state dict. */
  readonly weights: string;
  /** Autoencoder instead of the weights' own, if they have one. */
  readonly autoencoder?: string;
}

/** @throws UserError if a file is missing, damaged or not what it is named for. */
export async function loadModel({ weights, autoencoder }: ModelFiles): Promise<Model> {
  const model = await readModelFile(weights);
  if (autoencoder === undefined) return model;
  const other = await readModelFile(autoencoder);
  if (!other.autoencoder)
    throw new UserError('the file holds no autoencoder', { file: autoencoder, key: '--autoencoder' });
  return { ...model, autoencoder: other.autoencoder };
}
