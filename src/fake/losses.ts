/** @file The losses of a fake update, and the discriminator's logits that fake and student train on (RSD algorithm 1). */
import type { Denoise, Process } from '../diffusion/denoiser.js';
import { qSample } from '../diffusion/forward_process.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { fakeLoss } from '../losses/fake.js';
import { discriminatorLoss } from '../losses/gan.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { resshift, type Condition } from '../teacher/denoiser.js';
import { discriminate } from './discriminator.js';
import type { GanHeadConfig } from './gan_head.js';

/** The fake and its head; parameters are given with each call. */
export interface FakeModel {
  readonly process: Process;
  /** The teacher's network, or the same with a second timestep. */
  readonly fakeUnet: UNetConfig;
  /** Absent without GAN. */
  readonly head?: GanHeadConfig;
}

/** What the discriminator sees besides latents. */
export interface DiscriminatorInputs {
  /** [B, H/sf, W/sf, 3] in [-1, 1]. */
  readonly lq: Tensor;
  /** The student's timestep t_n, from its list; int32 [B]. */
  readonly tn: Tensor;
  /** Timestep that the discriminator sees latents at, and their noise; absent where it sees clean ones. */
  readonly tGan?: Tensor;
  readonly noiseGan?: Tensor;
}

/** What a fake update takes besides its sample. */
export interface FakeInputs extends DiscriminatorInputs {
  /** Timestep t of the networks that judge the student's output, uniform in 0..T-1; int32 [B]. */
  readonly t: Tensor;
  /** Noise of the real latents. */
  readonly noiseGanReal?: Tensor;
}

/** What a fake update trains on, all [B, h, w, C]: the student's output z0_hat, a constant, and its noisy version z_t. */
export interface FakeSample {
  readonly z0: Tensor;
  readonly zy: Tensor;
  readonly z0Hat: Tensor;
  readonly zt: Tensor;
}

/** Named scalars, each the mean over the batch. */
export type Terms = Readonly<Record<string, Tensor>>;

/**
 * Losses of a fake update, to be differentiated by the fake's and the head's parameters.
 * @param params.head Its presence adds the term `gan`.
 * @returns `loss`: ResShift's loss on the student's outputs; `gan`: the discriminator's, unweighted.
 */
export function fakeLosses(
  model: FakeModel,
  params: { fake: Params; head?: Params },
  sample: FakeSample,
  inputs: FakeInputs,
): Terms {
  const { z0, zy, z0Hat, zt } = sample;
  const { lq, t, tn, tGan, noiseGan, noiseGanReal } = inputs;
  const loss = tf.tidy(() => tf.mean(fakeLoss(fakeDenoiser(model, params.fake, { lq, zy, tn })(zt, t), z0Hat)));
  if (!params.head) return { loss };
  const gan = tf.tidy(() => {
    // One call on real and fake latents: every layer treats samples separately.
    const twice = (a: Tensor): Tensor => tf.concat([a, a]);
    const both = logits(model, { fake: params.fake, head: params.head! }, tf.concat([z0, z0Hat]), {
      lq: twice(lq),
      zy: twice(zy),
      tn: twice(tn),
      ...(tGan && noiseGan && noiseGanReal ? { tGan: twice(tGan), noiseGan: tf.concat([noiseGanReal, noiseGan]) } : {}),
    });
    const [real, fake] = tf.split(both, 2) as [Tensor, Tensor];
    return discriminatorLoss(real, fake);
  });
  return { loss, gan };
}

/** f_phi(z_t, y, t): the fake as a denoiser. */
export function fakeDenoiser({ process, fakeUnet }: FakeModel, fake: Params, condition: Condition): Denoise {
  return resshift({ process, unet: fakeUnet }, fake, condition);
}

/** Logits [B] of clean latents or, where there is noise for it, of latents noised to a timestep. */
export function logits(
  model: FakeModel,
  params: { fake: Params; head: Params },
  z: Tensor,
  { lq, zy, tn, tGan, noiseGan }: DiscriminatorInputs & { readonly zy: Tensor },
): Tensor {
  const { process, fakeUnet, head } = model;
  if (!head) throw new Error('parameters of a discriminator head were given, but the model has none');
  const seen = tGan && noiseGan ? qSample(process.schedule, z, zy, tGan, noiseGan) : z;
  return discriminate({ process, unet: fakeUnet, head }, params, seen, { lq, t: tGan, tn });
}
