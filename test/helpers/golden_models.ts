/** @file Whole models of the golden data: process, networks and their parameters in the official layout. */
import { createProcess, type Process } from '../../src/diffusion/denoiser.js';
import { createFirstStage, type FirstStage } from '../../src/diffusion/first_stage.js';
import type { Params } from '../../src/engine/tfjs.js';
import { matchParams } from '../../src/models/match.js';
import { decode, encode } from '../../src/nn/autoencoder.js';
import type { AutoencoderConfig } from '../../src/nn/autoencoder_config.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { readWeights } from '../../src/weights/read.js';
import type { HostTree } from '../../src/weights/tree.js';
import { formulaTree } from './formula_weights.js';
import { goldenPath } from './golden.js';
import { toDiffusionConfig, type OfficialDiffusion } from './golden_diffusion.js';
import { goldenAutoencoderConfig, goldenUNetConfig } from './golden_networks.js';
import { goldenJson } from './golden_tensors.js';

/** A network's options and parameters. */
export interface GoldenNetwork<Config> {
  readonly config: Config;
  readonly tree: HostTree;
}

/** The networks' sizes that golden data comes in. */
export type Size = 'micro' | 'tiny';

interface DiffusionInfo {
  config: OfficialDiffusion;
  student_weights: { salt: number };
}

const diffusionInfo = (): DiffusionInfo => goldenJson<DiffusionInfo>('diffusion', 'info.json');

/** The process of the folders diffusion/ and rsd/, with some options changed. */
export function goldenProcess(changes: Partial<OfficialDiffusion> = {}): Process {
  return createProcess(toDiffusionConfig({ ...diffusionInfo().config, ...changes }, true));
}

async function readFitting(specs: readonly ParamSpec[], folder: string, size: Size): Promise<HostTree> {
  const file = goldenPath(folder, size === 'micro' ? 'weights.safetensors' : 'weights_half.pth');
  return matchParams(await readWeights(file), specs, file);
}

const officialConfig = (folder: string): Record<string, unknown> =>
  goldenJson<{ config: Record<string, unknown> }>(folder, 'info.json').config;

/** The teacher's network. */
export async function goldenUNet(size: Size): Promise<GoldenNetwork<UNetConfig>> {
  const folder = `unet-${size}`;
  const config = goldenUNetConfig(officialConfig(folder));
  return { config, tree: await readFitting(unetSpecs(config), folder, size) };
}

/** The autoencoder. */
export async function goldenAutoencoder(size: Size): Promise<GoldenNetwork<AutoencoderConfig>> {
  const folder = `vqgan-${size}`;
  const config = goldenAutoencoderConfig(officialConfig(folder));
  return { config, tree: await readFitting(autoencoderSpecs(config), folder, size) };
}

/** The network that diffusion/resshift_training and sinsr_training train: formula weights, the last convolution halved. */
export function trainedStudent({ config }: GoldenNetwork<UNetConfig>): HostTree {
  const tree = formulaTree(unetSpecs(config), diffusionInfo().student_weights.salt);
  const last = tree.get('out.2.weight')!;
  return new Map(tree).set('out.2.weight', { ...last, data: last.data.map((value) => 0.5 * value) });
}

/** The first stage of the golden process with an autoencoder's parameters bound (memory layout). */
export function goldenFirstStage(config: AutoencoderConfig, params: Params, process: Process): FirstStage {
  const autoencoder = {
    encode: (image: Parameters<FirstStage['encode']>[0]) => encode(params, config, image),
    decode: (latent: Parameters<FirstStage['decode']>[0]) => decode(params, config, latent),
  };
  return createFirstStage(autoencoder, process.config);
}
