/** @file The discriminator's head on the fake's bottleneck: two strided convolutions and a 1x1 one (DMD2), or a pooled variant. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { UserError } from '../errors/user_error.js';
import { silu } from '../nn/activations.js';
import { groupNorm } from '../nn/group_norm.js';
import { biasAdd, linear } from '../nn/linear.js';
import type { ParamSpec } from '../nn/param_spec.js';
import { param } from '../nn/params.js';
import { SpecList } from '../nn/spec_list.js';
import type { UNetConfig } from '../nn/unet_config.js';

/** Options of the head. */
export interface GanHeadConfig {
  /** `dmd2` needs features of at least 8x8; `pooled` averages over space instead of the second convolution: any size. */
  readonly kind: 'dmd2' | 'pooled';
  /** Channels of the features: those of the fake's middle block. */
  readonly channels: number;
  /** Groups of both norms (32 at official width); must leave more than one channel a group, or a 1x1 map vanishes. */
  readonly groups: number;
}

/** Resident group of the head's parameters. */
export const HEAD_GROUP = 'head';

/** Channels per norm group that the head keeps at least: a 1x1 map of one channel would vanish. */
const LEAST_GROUP_CHANNELS = 4;

/** The head that a fake network of this structure gets. */
export function ganHeadConfig(kind: GanHeadConfig['kind'], unet: UNetConfig): GanHeadConfig {
  const channels = unet.modelChannels * unet.channelMult.at(-1)!;
  return { kind, channels, groups: Math.min(unet.normGroups, channels / LEAST_GROUP_CHANNELS) };
}

const NORM_EPS = 1e-5;
const KERNEL = 4;

// Names are positions in DMD2's sequence conv, norm, SiLU, conv, norm, SiLU, conv; the pooled variant has no `head.3`.
const FIRST_CONV = 'head.0';
const FIRST_NORM = 'head.1';
const SECOND_CONV = 'head.3';
const SECOND_NORM = 'head.4';
const LOGIT = 'head.6';

/** Parameters of the head in its own order. @throws UserError if the groups do not fit the channels. */
export function ganHeadSpecs({ kind, channels, groups }: GanHeadConfig): ParamSpec[] {
  if (channels % groups !== 0 || channels === groups) {
    throw new UserError('the discriminator head needs several channels in each norm group', {
      expected: `fewer groups than channels, dividing ${channels}`,
      found: `${groups} groups`,
    });
  }
  const list = new SpecList();
  const strided = (name: string): void => {
    const fanIn = channels * KERNEL * KERNEL;
    list.add(`${name}.weight`, [channels, channels, KERNEL, KERNEL], { kind: 'fan-in', fanIn });
    list.add(`${name}.bias`, [channels], { kind: 'fan-in', fanIn });
  };
  strided(FIRST_CONV);
  list.norm(FIRST_NORM, channels);
  if (kind === 'dmd2') strided(SECOND_CONV);
  list.norm(SECOND_NORM, channels);
  list.conv(LOGIT, channels, 1, 1);
  return list.specs;
}

function strided4x4(params: Params, prefix: string, x: Tensor, stride: number): Tensor {
  const filter = param(params, `${prefix}.weight`) as ReturnType<typeof tf.tensor4d>;
  const y = tf.conv2d(x as ReturnType<typeof tf.tensor4d>, filter, stride, 'valid');
  return biasAdd(y, param(params, `${prefix}.bias`));
}

/**
 * One logit for each sample: [B, H, W, channels] -> [B], the mean over the positions left.
 * @throws UserError when the features are too small for the `dmd2` head.
 */
export function ganHead(params: Params, { kind, groups }: GanHeadConfig, features: Tensor): Tensor {
  const norm = { groups, eps: NORM_EPS };
  const [batch, height, width] = features.shape as [number, number, number];
  if (kind === 'dmd2' && Math.min(height, width) < 2 * KERNEL) {
    throw new UserError('the middle block is too small for this discriminator head', {
      key: 'rsd.gan.head',
      expected: 'features of at least 8x8',
      found: `${height}x${width}`,
      remedy: 'Use the head "pooled" or a larger latent',
    });
  }
  return tf.tidy(() => {
    const padded = tf.pad(features, [[0, 0], [1, 1], [1, 1], [0, 0]]); // prettier-ignore
    const first = silu(groupNorm(params, FIRST_NORM, strided4x4(params, FIRST_CONV, padded, 2), norm));
    const second = kind === 'dmd2' ? strided4x4(params, SECOND_CONV, first, KERNEL) : tf.mean(first, [1, 2], true);
    const logits = linear(params, LOGIT, silu(groupNorm(params, SECOND_NORM, second, norm)));
    return tf.mean(logits.reshape([batch, -1]), 1);
  });
}
