/** @file Small models for tests: golden data's micro networks as a teacher, and a student of formula weights. */
import { autoencoderSection } from '../../src/config/sections/autoencoder.js';
import { unetSection } from '../../src/config/sections/teacher.js';
import type { DiffusionConfig } from '../../src/diffusion/config.js';
import type { Model } from '../../src/models/model.js';
import { readModelFile } from '../../src/models/model_file.js';
import type { AutoencoderConfig } from '../../src/nn/autoencoder_config.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { formulaTree } from './formula_weights.js';
import { goldenPath } from './golden.js';
import { toDiffusionConfig, type OfficialDiffusion } from './golden_diffusion.js';
import { goldenJson } from './golden_tensors.js';

type Official = Record<string, unknown>;

/** Official option names in camelCase. */
function camelCase(official: Official): Official {
  const rename = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(official).map(([name, value]) => [rename(name), value]));
}

/** Config of a golden U-Net folder. */
export function goldenUNetConfig(folder: string): UNetConfig {
  const { config } = goldenJson<{ config: Official }>(folder, 'info.json');
  return { ...unetSection.strip().parse(camelCase(config)), noiseChannels: 0 };
}

/** Config of a golden autoencoder folder. */
export function goldenAutoencoderConfig(folder: string): AutoencoderConfig {
  const { config } = goldenJson<{ config: Official & { ddconfig: Official } }>(folder, 'info.json');
  const { weights: _, ...options } = autoencoderSection
    .strip()
    .parse({ ...camelCase(config), ...camelCase(config.ddconfig) });
  return options;
}

/** Process of the golden folders diffusion/ and rsd/. */
export function goldenDiffusionConfig(): DiffusionConfig {
  return toDiffusionConfig(goldenJson<{ config: OfficialDiffusion }>('diffusion', 'info.json').config, true);
}

/** unet-micro with vqgan-micro, read as the state dicts they are. */
export async function goldenTeacher(): Promise<Model> {
  const assumed = {
    unet: goldenUNetConfig('unet-micro'),
    diffusion: goldenDiffusionConfig(),
    autoencoder: goldenAutoencoderConfig('vqgan-micro'),
  };
  const teacher = await readModelFile(goldenPath('unet-micro', 'weights.safetensors'), assumed);
  const { autoencoder } = await readModelFile(goldenPath('vqgan-micro', 'weights.safetensors'), assumed);
  return { ...teacher, autoencoder };
}

/** A student of unet-micro's structure with one noise channel; all weights by formula. */
export function formulaStudent({ salt = 0 }: { salt?: number } = {}): Model {
  const unet = { ...goldenUNetConfig('unet-micro'), noiseChannels: 1 };
  const autoencoder = goldenAutoencoderConfig('vqgan-micro');
  return {
    kind: 'student',
    unet: { config: unet, tree: formulaTree(unetSpecs(unet), salt) },
    diffusion: goldenDiffusionConfig(),
    autoencoder: { config: autoencoder, tree: formulaTree(autoencoderSpecs(autoencoder), salt) },
    extra: {},
  };
}
