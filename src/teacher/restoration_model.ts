/** @file The networks that restore as one structure, and the sizes of their images and latents. */
import { latentFactor } from '../autoencoder/first_stage.js';
import type { TensorSpec } from '../engine/types.js';
import { CHANNELS } from '../images/picture.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { ResShiftModel } from './denoiser.js';

/** Name of the engine's resident group that restoring keeps its U-Net in: weights in memory layout. */
export const UNET_GROUP = 'unet';

/** The networks' structure; their weights are resident in the engine. */
export interface RestorationModel extends ResShiftModel {
  /** `null` for diffusion on pixels. */
  readonly autoencoder: AutoencoderConfig | null;
}

/** Size of a batch of low-resolution pictures. */
export interface BatchSize {
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Number of the latents, their sides and channels. */
export function latentShape(model: RestorationModel, { count, height, width }: BatchSize): number[] {
  const { unet, process, autoencoder } = model;
  const factor = latentFactor(autoencoder);
  const side = (length: number): number => (length * process.config.sf) / factor;
  return [count, side(height), side(width), unet.outChannels];
}

/** Shape of the pictures. */
export const imageShape = ({ count, height, width }: BatchSize): number[] => [count, height, width, CHANNELS];

/** Shape of the noise that the U-Net takes as input, of latents of a shape; no channels where it takes none. */
export const generatorNoiseShape = ({ unet }: RestorationModel, latent: readonly number[]): number[] => [
  ...latent.slice(0, 3),
  unet.noiseChannels,
];

/** A program's float32 input or output. */
export const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });

/** The size as programs are named by it. */
export const sizeName = ({ count, height, width }: BatchSize): string => `${count}x${height}x${width}`;

/** Remembers what was prepared for a size. */
export function oncePerSize<T>(prepare: (size: BatchSize) => T): (size: BatchSize) => T {
  const prepared = new Map<string, T>();
  return (size) => {
    const name = sizeName(size);
    const found = prepared.get(name) ?? prepare(size);
    prepared.set(name, found);
    return found;
  };
}
