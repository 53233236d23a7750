/** @file The networks and inputs of the golden folder rsd/. */
import type { HostArray } from '../../src/engine/host_array.js';
import type { Params, Tensors } from '../../src/engine/tfjs.js';
import { ganHeadSpecs, type GanHeadConfig } from '../../src/fake/gan_head.js';
import { matchParams } from '../../src/models/match.js';
import type { AutoencoderConfig } from '../../src/nn/autoencoder_config.js';
import type { RsdInputs, RsdModel } from '../../src/student/sample.js';
import { widenByNoise } from '../../src/student/widen.js';
import { readWeights } from '../../src/weights/read.js';
import type { HostTree } from '../../src/weights/tree.js';
import { perturbedTree } from './formula_weights.js';
import { goldenPath } from './golden.js';
import { goldenAutoencoder, goldenFirstStage, goldenProcess, goldenUNet, type Size } from './golden_models.js';
import { goldenJson } from './golden_tensors.js';
import { groupFeeds } from './param_groups.js';

/** rsd/info.json, as far as tests read it. */
export interface RsdInfo {
  hyper: { gan_w: number; lpips_w: number };
  student_timesteps_0based: number[];
  salts: { fake: number; student: number; head: number };
  head: { channels: number; groups: number };
  spot_values: Record<string, { idx: number[]; val: number[] }>;
}

/** rsd/info.json. */
export const rsdInfo = goldenJson<RsdInfo>('rsd', 'info.json');

/** The golden discriminator head. */
export const goldenHead: GanHeadConfig = {
  kind: 'dmd2',
  channels: rsdInfo.head.channels,
  groups: rsdInfo.head.groups,
};

/** A distillation in the making: all parameters in the official layout, and the model once they are tensors. */
export interface GoldenDistillation {
  readonly trees: Readonly<Record<'teacher' | 'fake' | 'student' | 'autoencoder' | 'head', HostTree>>;
  readonly feeds: Readonly<Record<string, HostArray>>;
  /** The model with the autoencoder's parameters bound (memory layout). */
  model(autoencoder: Params): RsdModel;
}

/** Teacher from the golden folder, fake and student perturbed copies, head as stored. */
export async function goldenDistillation(size: Size): Promise<GoldenDistillation> {
  const process = goldenProcess();
  const teacher = await goldenUNet(size);
  const autoencoder: { config: AutoencoderConfig; tree: HostTree } = await goldenAutoencoder(size);
  const headFile = goldenPath('rsd', 'gan_head.safetensors');
  const trees = {
    teacher: teacher.tree,
    fake: perturbedTree(teacher.tree, rsdInfo.salts.fake),
    student: perturbedTree(widenByNoise(teacher.tree, 1), rsdInfo.salts.student),
    autoencoder: autoencoder.tree,
    head: matchParams(await readWeights(headFile), ganHeadSpecs(goldenHead), headFile),
  };
  return {
    trees,
    feeds: groupFeeds(trees),
    model: (params) => ({
      process,
      unet: teacher.config,
      studentUnet: { ...teacher.config, noiseChannels: 1 },
      fakeUnet: teacher.config,
      firstStage: goldenFirstStage(autoencoder.config, params, process),
      head: goldenHead,
    }),
  };
}

/** Golden names of the draws -> ours. */
export function rsdInputs(inputs: Tensors): RsdInputs {
  return {
    hr: inputs['gt']!,
    lq: inputs['lq']!,
    tn: inputs['tn']!,
    noiseTn: inputs['noise_xtn']!,
    eps: inputs['eps']!,
    t: inputs['t']!,
    noiseT: inputs['noise_t']!,
  };
}
