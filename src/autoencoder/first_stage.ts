/** @file The autoencoder as the first stage of a diffusion in its latents: bound to its resident parameters. */
import type { Process } from '../diffusion/denoiser.js';
import { createFirstStage, type FirstStage } from '../diffusion/first_stage.js';
import type { Tensor } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { decode, encode } from '../nn/autoencoder.js';
import { planAutoencoder, type AutoencoderConfig } from '../nn/autoencoder_config.js';

/** Name of the engine's resident group: weights in memory layout. */
export const AUTOENCODER_GROUP = 'autoencoder';

/** Pixels of an image to one position of its latent, along a side. @param autoencoder `null` for diffusion on pixels. */
export function latentFactor(autoencoder: AutoencoderConfig | null): number {
  return autoencoder ? planAutoencoder(autoencoder).factor : 1;
}

/** Images to latents and back with the resident autoencoder. @param model `autoencoder` is `null` for diffusion on pixels. */
export function firstStageOf(
  { autoencoder, process }: { readonly autoencoder: AutoencoderConfig | null; readonly process: Process },
  state: StateAccess,
): FirstStage {
  if (!autoencoder) return createFirstStage(null, process.config);
  const params = state.read(AUTOENCODER_GROUP);
  const bound = {
    encode: (image: Tensor) => encode(params, autoencoder, image),
    decode: (z: Tensor) => decode(params, autoencoder, z),
  };
  return createFirstStage(bound, process.config);
}
