/** @file From what a run trained to a model that needs nothing else: weights, configs, autoencoder, provenance. */
import type { RunConfig } from '../config/schema.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { Model, Weighted } from '../models/model_file.js';
import type { HostTree } from '../weights/tree.js';

/** The trained network as it was at some iteration. */
export interface TrainedWeights {
  /** EMA weights, official names and layout. */
  readonly ema: HostTree;
  /** Finished iterations. */
  readonly iteration: number;
  /** Validation score of these weights, lower is better; null if there is none. */
  readonly score: number | null;
}

/** The autoencoder's structure as a run file states it. */
export function autoencoderConfigOf({ autoencoder: { weights: _, ...config } }: RunConfig): AutoencoderConfig {
  return config;
}

/**
 * The model a run has trained: a student (methods rsd, vsd, sid, sinsr), a teacher (resshift) or an autoencoder.
 * @param autoencoder Goes into the model besides a U-Net; leave it out for a smaller file.
 */
export function trainedModel(
  run: RunConfig,
  weights: TrainedWeights,
  autoencoder?: Weighted<AutoencoderConfig>,
): Model {
  const { ema: tree, iteration, score } = weights;
  const training = JSON.stringify({
    method: run.method,
    iteration,
    score,
    seed: run.seed,
    batch: run.train.batch,
    ema: run.train.ema,
  });
  const unet = run.teacher.unet;
  switch (run.method) {
    case 'rsd':
    case 'vsd':
    case 'sid':
      return {
        kind: 'student',
        unet: { config: { ...unet, noiseChannels: run.rsd.noiseChannels }, tree },
        diffusion: run.diffusion,
        autoencoder,
        extra: { timesteps: JSON.stringify(run.rsd.timesteps), training },
      };
    case 'sinsr':
      return {
        kind: 'student',
        unet: { config: { ...unet, noiseChannels: 0 }, tree },
        diffusion: run.diffusion,
        autoencoder,
        extra: { timesteps: JSON.stringify([run.diffusion.steps - 1]), training },
      };
    case 'resshift':
      return {
        kind: 'teacher',
        unet: { config: { ...unet, noiseChannels: 0 }, tree },
        diffusion: run.diffusion,
        autoencoder,
        extra: { training },
      };
    case 'autoencoder':
      return { kind: 'autoencoder', autoencoder: { config: autoencoderConfigOf(run), tree }, extra: { training } };
  }
}
