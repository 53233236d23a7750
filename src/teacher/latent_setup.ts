/** @file The sizes and structures of a run that trains in an autoencoder's latent space, from its config alone. */
import { AUTOENCODER_GROUP, latentFactor } from '../autoencoder/first_stage.js';
import { autoencoderConfigOf } from '../autoencoder/read.js';
import type { RunConfig } from '../config/schema.js';
import { createProcess } from '../diffusion/denoiser.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import type { OutlinedNetwork } from '../optimizer/outline.js';
import type { RestorationModel } from './restoration_model.js';

/** What a run in a latent space is about, from its config alone. */
export interface LatentSetup {
  /** Structure of the teacher's network, its process and the autoencoder. */
  readonly model: RestorationModel;
  /** Shape of one latent, [h, w, C]. */
  readonly latent: readonly [number, number, number];
  /** Side of one low-resolution crop. */
  readonly lqSide: number;
}

/** The sizes and structures of a run. */
export function latentSetup(config: RunConfig): LatentSetup {
  const autoencoder = config.diffusion.latentFlag ? autoencoderConfigOf(config) : null;
  const side = config.data.gtSize / latentFactor(autoencoder);
  return {
    model: {
      process: createProcess(config.diffusion),
      unet: { ...config.teacher.unet, noiseChannels: 0 },
      autoencoder,
    },
    latent: [side, side, config.teacher.unet.outChannels],
    lqSide: config.data.gtSize / config.data.scale,
  };
}

/** The frozen autoencoder among a run's networks; none for diffusion on pixels. */
export function outlinedAutoencoder({ model: { autoencoder } }: LatentSetup): OutlinedNetwork[] {
  return autoencoder ? [{ group: AUTOENCODER_GROUP, specs: autoencoderSpecs(autoencoder), role: 'frozen' }] : [];
}
