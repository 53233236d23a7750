/** @file How networks are built, from a run file or an official one, for weights that bring no configs. */
import { loadRunConfig } from './load.js';
import { mappingLines } from './official/mapping_text.js';
import type { AutoencoderSection, DiffusionSection, TeacherConfig } from './schema.js';

/** Structure of the networks that a file describes. */
export interface AssumedNetworks {
  /** Noise channels are not in files of this kind: the weights have them. */
  readonly unet: TeacherConfig['unet'] & { readonly noiseChannels: 0 };
  readonly diffusion: DiffusionSection;
  /** Left out for diffusion on pixels. */
  readonly autoencoder?: Omit<AutoencoderSection, 'weights'>;
  /** File of the autoencoder's weights, whether it exists or not. */
  readonly autoencoderWeights?: string;
  /** What became of the keys of an official file, one line each. */
  readonly mapping?: readonly string[];
}

/**
 * Reads what a run file, or an official YAML file, says about networks. Of an official file only the sections `model`,
 * `diffusion` and `autoencoder` are read.
 * @param pathOrName as `loadRunConfig` takes it
 * @throws UserError naming file, key, what was expected and what was found
 */
export async function loadAssumedNetworks(pathOrName: string): Promise<AssumedNetworks> {
  const { config, official } = await loadRunConfig(pathOrName, [], 'networks');
  const { weights, ...autoencoder } = config.autoencoder;
  return {
    unet: { ...config.teacher.unet, noiseChannels: 0 },
    diffusion: config.diffusion,
    ...(config.diffusion.latentFlag ? { autoencoder, autoencoderWeights: weights } : {}),
    ...(official ? { mapping: mappingLines(official) } : {}),
  };
}
