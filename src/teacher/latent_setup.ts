/** @file The frozen autoencoder and the sizes that follow from it, for methods that train in its latent space. */
import { isDeepStrictEqual } from 'node:util';
import type { RunConfig } from '../config/schema.js';
import { createProcess } from '../diffusion/denoiser.js';
import { UserError } from '../errors/user_error.js';
import { autoencoderConfigOf } from '../methods/trained_model.js';
import { planAutoencoder, type AutoencoderConfig } from '../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import { AUTOENCODER_GROUP, type RestorationModel } from './restoration_model.js';
import { readModelFile, type Weighted } from '../models/model_file.js';
import type { HostTree } from '../weights/tree.js';
import type { OutlinedNetwork } from '../optimizer/outline.js';

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
  const side = config.data.gtSize / (autoencoder ? planAutoencoder(autoencoder).factor : 1);
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

/** Reads the teacher's U-Net, official layout. @throws UserError if the file is missing or is not what the run file describes. */
export async function readTeacher(config: RunConfig): Promise<HostTree> {
  const { weights, unet: wanted } = config.teacher;
  const { unet, diffusion } = await readModelFile(weights, {
    unet: { ...wanted, noiseChannels: 0 },
    diffusion: config.diffusion,
  });
  if (!unet) throw new UserError('this file holds no U-Net', { file: weights, key: 'teacher.weights' });
  requireSameConfig(weights, 'teacher.unet', unet.config, { ...wanted, noiseChannels: 0 });
  requireSameConfig(weights, 'diffusion', diffusion ?? {}, config.diffusion);
  return unet.tree;
}

/** A model file says how its network is built; a run file that says otherwise would compute nonsense without any error. */
function requireSameConfig(file: string, section: string, stored: object, wanted: object): void {
  const [inFile, inRun] = [stored as Record<string, unknown>, wanted as Record<string, unknown>];
  for (const key of new Set([...Object.keys(inFile), ...Object.keys(inRun)])) {
    if (isDeepStrictEqual(inFile[key] ?? null, inRun[key] ?? null)) continue;
    throw new UserError('the run file and the model file differ', {
      file,
      key: `${section}.${key}`,
      expected: `${JSON.stringify(inFile[key] ?? null)} as in the model file`,
      found: `${JSON.stringify(inRun[key] ?? null)} in the run file`,
    });
  }
}
