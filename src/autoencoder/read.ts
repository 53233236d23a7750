/** @file The frozen autoencoder that a run file names. */
import type { RunConfig } from '../config/schema.js';
import { UserError } from '../errors/user_error.js';
import type { Weighted } from '../models/model.js';
import { readModelFile } from '../models/model_file.js';
import { requireSameConfig } from '../models/same_config.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';

/** The autoencoder's structure as a run file states it. */
export function autoencoderConfigOf({ autoencoder: { weights: _, ...config } }: RunConfig): AutoencoderConfig {
  return config;
}

/**
 * Reads the autoencoder of a run, official layout; undefined for diffusion on pixels.
 * @throws UserError if the file is missing or is not what the run file describes.
 */
export async function readAutoencoder(config: RunConfig): Promise<Weighted<AutoencoderConfig> | undefined> {
  if (!config.diffusion.latentFlag) return undefined;
  const { weights } = config.autoencoder;
  const wanted = autoencoderConfigOf(config);
  const { autoencoder } = await readModelFile(weights, { autoencoder: wanted });
  if (!autoencoder)
    throw new UserError('this file holds no autoencoder', { file: weights, key: 'autoencoder.weights' });
  // Whether codes are used is a choice of the run, not a fact about the file.
  requireSameConfig(weights, 'autoencoder', { ...autoencoder.config, quantized: wanted.quantized }, wanted);
  return { config: wanted, tree: autoencoder.tree };
}
