/** @file A state dict (official weights, which bring no config) as a model: its config comes from its shapes or the caller. */
import { diffusionSection } from '../config/sections/diffusion.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { requireFinite } from '../weights/finite.js';
import { readTree } from '../weights/read.js';
import { isBuffer, networkTensors, type FileTensor, type WeightFile } from '../weights/weight_file.js';
import { matchParams } from './match.js';
import type { AssumedConfigs, Model, ModelKind } from './model.js';
import { recognise } from './recognise.js';
import { ENCODER_CONVOLUTION } from './recognise_autoencoder.js';
import { FIRST_CONVOLUTION } from './recognise_unet.js';

/** Nothing in a state dict tells these; the process is that of the published 15-step RealSR model. */
const ASSUMED_PROCESS = 'diffusion of the 15-step RealSR model';

interface Structure {
  readonly kind: ModelKind;
  readonly unet?: UNetConfig;
  readonly autoencoder?: AutoencoderConfig;
  /** Super-resolution factor that the shapes tell. */
  readonly sf?: number;
  readonly assumed: readonly string[];
}

/**
 * Reads the network of a state dict.
 * @param opened Held against the config by its shapes before any tensor is read; buffers do not count.
 * @param assumed Configs that take the place of recognition.
 * @throws UserError if it is no known network, does not fit the config, or has values that are not finite.
 */
export async function readStateDict(file: string, opened: WeightFile, assumed: AssumedConfigs): Promise<Model> {
  const stored = networkTensors(file, opened);
  const { kind, unet, autoencoder, sf, assumed: assumptions } = structureOf(file, stored, assumed);
  const params = new Map([...stored].filter(([name]) => !isBuffer(name)));
  const specs = unet ? unetSpecs(unet) : autoencoderSpecs(autoencoder!);
  matchParams(params, specs, file);
  const tree = requireFinite(file, matchParams(await readTree(opened, params), specs, file));
  if (!unet) return { kind, autoencoder: { config: autoencoder!, tree }, assumed: assumptions, extra: {} };
  return {
    kind,
    unet: { config: unet, tree },
    diffusion: assumed.diffusion ?? diffusionSection.parse({ sf }),
    assumed: assumed.diffusion ? assumptions : [...assumptions, ASSUMED_PROCESS],
    extra: {},
  };
}

function structureOf(file: string, stored: ReadonlyMap<string, FileTensor>, assumed: AssumedConfigs): Structure {
  const first = stored.get(FIRST_CONVOLUTION);
  if (first && assumed.unet) {
    const withoutNoise = unetSpecs({ ...assumed.unet, noiseChannels: 0 }).find(
      ({ name }) => name === FIRST_CONVOLUTION,
    )!;
    const noiseChannels = Math.max(first.shape[1]! - withoutNoise.shape[1]!, 0);
    const kind = noiseChannels > 0 ? 'student' : 'teacher';
    return { kind, unet: { ...assumed.unet, noiseChannels }, assumed: [] };
  }
  if (!first && stored.has(ENCODER_CONVOLUTION) && assumed.autoencoder) {
    return { kind: 'autoencoder', autoencoder: assumed.autoencoder, assumed: [] };
  }
  return recognise(stored, file);
}
