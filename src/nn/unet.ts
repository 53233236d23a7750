/** @file The Swin U-Net: teacher, student and fake model. */
import { recomputed } from '../engine/recompute.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { UserError } from '../errors/user_error.js';
import { silu } from './activations.js';
import { conv3x3, strided3x3 } from './conv.js';
import { groupNorm, type NormOptions } from './group_norm.js';
import { lqFeatures } from './lq_features.js';
import { ignore, type Observe } from './observe.js';
import { paramsUnder } from './params.js';
import { resBlock } from './res_block.js';
import { swinLayer } from './swin_layer.js';
import { timeEmbedding } from './time_embedding.js';
import {
  planUNet,
  UNET_NORM_EPS,
  type UNetBlock,
  type UNetConfig,
  type UNetModule,
  type UNetPlan,
} from './unet_config.js';
import { upsampleConv3x3 } from './upsample_conv.js';

export type { UNetConfig } from './unet_config.js';

/** What the U-Net sees. */
export interface UNetInputs {
  /** Scaled noisy latent [B,H,W,C]. */
  readonly x: Tensor;
  /** Step indices, int32 [B]. */
  readonly t: Tensor;
  /** The student's step indices, int32 [B]; needed when the config has `studentTimestep`. */
  readonly studentT?: Tensor;
  /** LR image [B,h,w,3] in [-1,1] (with `condMask` a fourth channel); needed when the config has `condLq`. */
  readonly lq?: Tensor;
  /** Standard normal noise [B,H,W,noiseChannels]; needed when the config has noise channels. */
  readonly noise?: Tensor;
}

interface Pass {
  readonly params: Params;
  readonly config: UNetConfig;
  readonly norm: NormOptions;
  readonly activatedEmbedding: Tensor;
  /** Height of the latent. */
  readonly side: number;
  readonly observe: Observe;
}

function runModule(pass: Pass, name: string, module: UNetModule, h: Tensor): Tensor {
  const { params, config, norm } = pass;
  switch (module.kind) {
    case 'conv':
      return conv3x3(params, name, h);
    case 'res':
      return resBlock(params, name, h, pass.activatedEmbedding, norm);
    case 'swin': {
      const heads = config.swinEmbedDim / config.numHeadChannels;
      const { window, shift } = module;
      const options = { heads, window, shift, depth: config.swinDepth, norm, patchNorm: config.patchNorm };
      return swinLayer(params, name, h, options, pass.observe);
    }
    case 'down':
      return strided3x3(params, `${name}.op`, h, 1);
    case 'up':
      return upsampleConv3x3(params, `${name}.conv`, h);
  }
}

/** @param skip Joins the input of a block of the decoder. */
function runBlock(pass: Pass, block: UNetBlock, input: Tensor, skip?: Tensor): Tensor {
  const run = ([activatedEmbedding, first, second]: readonly Tensor[]): Tensor => {
    const inner = { ...pass, activatedEmbedding: activatedEmbedding! };
    let h = second ? tf.concat([first!, second], 3) : first!;
    block.modules.forEach((module, index) => {
      const name = `${block.name}.${index}`;
      h = runModule(inner, name, module, h);
      pass.observe(name, h);
    });
    return h;
  };
  const inputs = [pass.activatedEmbedding, input, ...(skip ? [skip] : [])];
  // The two finest levels hold nine tenths of the activations, for half of the work.
  const isFine = 2 * input.shape[1]! >= pass.side;
  const h = isFine ? recomputed(inputs, paramsUnder(pass.params, block.name), run) : run(inputs);
  pass.observe(block.name, h);
  return h;
}

function required(tensor: Tensor | undefined, name: string): Tensor {
  if (!tensor) throw new Error(`the U-Net's configuration needs the input ${name}`);
  return tensor;
}

/** Concatenation [x, LR features, noise] on channels. */
function firstInput(params: Params, config: UNetConfig, plan: UNetPlan, inputs: UNetInputs): Tensor {
  const { x, lq, noise } = inputs;
  const [, height, width] = x.shape as [number, number, number, number];
  if (height % plan.multiple !== 0 || width % plan.multiple !== 0) {
    throw new UserError('the latent does not fit the attention windows', {
      expected: `height and width that are multiples of ${plan.multiple}`,
      found: `${height}x${width}`,
      remedy: 'Pad the image.',
    });
  }
  const parts = [x];
  if (config.condLq) parts.push(lqFeatures(params, plan.lqStages, required(lq, 'lq'), x));
  if (config.noiseChannels > 0) parts.push(required(noise, 'noise'));
  return parts.length === 1 ? x : tf.concat(parts, 3);
}

interface Bottleneck {
  readonly pass: Pass;
  readonly plan: UNetPlan;
  readonly skips: Tensor[];
  readonly middle: Tensor;
}

function runEncoder(params: Params, config: UNetConfig, inputs: UNetInputs, observe: Observe): Bottleneck {
  const plan = planUNet(config);
  const timesteps = config.studentTimestep ? [inputs.t, required(inputs.studentT, 'studentT')] : [inputs.t];
  const embedding = timeEmbedding(params, timesteps, config.modelChannels);
  observe('time_embed', embedding);
  const norm = { groups: config.normGroups, eps: UNET_NORM_EPS };
  const side = inputs.x.shape[1]!;
  const pass: Pass = { params, config, norm, activatedEmbedding: silu(embedding), side, observe };
  const skips: Tensor[] = [];
  let h = firstInput(params, config, plan, inputs);
  for (const block of plan.inputBlocks) {
    h = runBlock(pass, block, h);
    skips.push(h);
  }
  return { pass, plan, skips, middle: runBlock(pass, plan.middleBlock, h) };
}

/**
 * The network's estimate of the clean latent, [B,H,W,outChannels].
 * @param params Parameters of `unetSpecs(config)` in memory layout.
 * @param observe Sees the activations.
 * @throws UserError when height or width do not fit the windows or the LR image does not fit the latent.
 */
export function unet(params: Params, config: UNetConfig, inputs: UNetInputs, observe: Observe = ignore): Tensor {
  return tf.tidy(() => {
    const { pass, plan, skips, middle } = runEncoder(params, config, inputs, observe);
    let h = middle;
    for (const block of plan.outputBlocks) h = runBlock(pass, block, h, skips.pop());
    return conv3x3(params, 'out.2', silu(groupNorm(params, 'out.0', h, pass.norm)));
  });
}

/** Output of the middle block, [B, H / 2^(levels-1), W / 2^(levels-1), C]: the features the discriminator head sees. */
export function unetFeatures(
  params: Params,
  config: UNetConfig,
  inputs: UNetInputs,
  observe: Observe = ignore,
): Tensor {
  return tf.tidy(() => runEncoder(params, config, inputs, observe).middle);
}
