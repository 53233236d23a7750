/** @file From what a run trained to a model that needs nothing else: weights, configs, autoencoder, provenance. */
import { autoencoderConfigOf } from '../autoencoder/read.js';
import type { RunConfig } from '../config/schema.js';
import type { Model, Weighted } from '../models/model.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { HostTree } from '../weights/tree.js';
import { METHODS } from './table.js';

/** The trained network as it was at some iteration. */
export interface TrainedWeights {
  /** EMA weights, official names and layout. */
  readonly ema: HostTree;
  /** Finished iterations. */
  readonly iteration: number;
  /** Validation score of these weights, lower is better; null if there is none. */
  readonly score: number | null;
}

/**
 * The model a run has trained: a student, a teacher or an autoencoder, as its method says.
 * @param autoencoder Goes into the model besides a U-Net; leave it out for a smaller file.
 */
export function trainedModel(
  run: RunConfig,
  { ema: tree, iteration, score }: TrainedWeights,
  autoencoder?: Weighted<AutoencoderConfig>,
): Model {
  const { method, seed, train, teacher, diffusion } = run;
  const { kind, noiseChannels = 0, timesteps } = METHODS[method].product(run);
  const training = JSON.stringify({ method, iteration, score, seed, batch: train.batch, ema: train.ema });
  if (kind === 'autoencoder')
    return { kind, autoencoder: { config: autoencoderConfigOf(run), tree }, extra: { training } };
  return {
    kind,
    unet: { config: { ...teacher.unet, noiseChannels }, tree },
    diffusion,
    autoencoder,
    extra: { ...(timesteps ? { timesteps: JSON.stringify(timesteps) } : {}), training },
  };
}
