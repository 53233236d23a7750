/** @file The two steps of RSD (algorithm 1), and of VSD and SiD, as pure functions: what has no gradient, and the losses. */
import type { Denoise, Process } from '../diffusion/denoiser.js';
import type { FirstStage } from '../diffusion/first_stage.js';
import { priorSample, qSample } from '../diffusion/forward_process.js';
import { sameTimestep } from '../diffusion/lookup.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { discriminate } from '../fake/discriminator.js';
import type { GanHeadConfig } from '../fake/gan_head.js';
import type { DistillationPair } from '../losses/distillation_pair.js';
import { fakeLoss } from '../losses/fake.js';
import { discriminatorLoss, generatorLoss } from '../losses/gan.js';
import { mseLoss } from '../losses/mse.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { generate } from './generate.js';
import { resshift, type Condition } from '../teacher/denoiser.js';
import { distillationLoss, type DistillationObjective } from '../losses/distillation_objective.js';

/** The networks and the process of one distillation; parameters are given with each call. */
export interface RsdModel {
  readonly process: Process;
  /** Network of the teacher. */
  readonly unet: UNetConfig;
  /** The same with the student's noise channels. */
  readonly studentUnet: UNetConfig;
  /** The teacher's, or the same with a second timestep. */
  readonly fakeUnet: UNetConfig;
  readonly firstStage: FirstStage;
  /** Absent without GAN. */
  readonly head?: GanHeadConfig;
}

/** Data and draws that both steps take. Images in [-1, 1]; noises N(0, I) of the latent's shape; timesteps int32 [B]. */
export interface RsdInputs {
  /** [B, H, W, 3]. */
  readonly hr: Tensor;
  /** [B, H/sf, W/sf, 3]. */
  readonly lq: Tensor;
  /** The student's timestep t_n, from its list. */
  readonly tn: Tensor;
  /** Noise of z_tn ~ q(. | z_0, z_y); absent if `ztn` is given. */
  readonly noiseTn?: Tensor;
  /** The student's noisy input [B, h, w, C] where it was generated without the real image. */
  readonly ztn?: Tensor;
  /** The student's own noise [B, h, w, noiseChannels]; absent without noise channels. */
  readonly eps?: Tensor;
  /** Timestep t of the networks that judge the student's output, uniform in 0..T-1. */
  readonly t: Tensor;
  /** Noise of z_t ~ q(. | z0_hat, z_y). */
  readonly noiseT: Tensor;
  /** Timestep that the discriminator sees latents at, and their noise; absent where it sees clean ones. */
  readonly tGan?: Tensor;
  readonly noiseGan?: Tensor;
  /** Noise of the real latents (fake updates). */
  readonly noiseGanReal?: Tensor;
}

/** Latents of a batch, all [B, h, w, C]: clean, low-resolution, and the student's noisy input. */
export interface BatchLatents {
  readonly z0: Tensor;
  readonly zy: Tensor;
  readonly ztn: Tensor;
}

/** Named scalars, each the mean over the batch. */
export type Terms = Readonly<Record<string, Tensor>>;

/** Encodes a batch and noises its clean latents to t_n, unless the noisy ones are given. Outside differentiation. */
export function encodeBatch({ process, firstStage }: RsdModel, inputs: RsdInputs): BatchLatents {
  const { hr, lq, tn, noiseTn, ztn } = inputs;
  const { z0, zy } = firstStage.encodePair(hr, lq);
  return { z0, zy, ztn: ztn ?? qSample(process.schedule, z0, zy, tn, noiseTn!) };
}

/** What a fake update trains on: the student's output z0_hat, a constant, and its noisy version z_t. */
export interface FakeSample {
  readonly z0: Tensor;
  readonly zy: Tensor;
  readonly z0Hat: Tensor;
  readonly zt: Tensor;
}

/** sample() of algorithm 1 for a fake update. Outside differentiation. */
export function drawFakeSample(model: RsdModel, student: Params, inputs: RsdInputs): FakeSample {
  const { z0, zy, ztn } = encodeBatch(model, inputs);
  const { lq, tn, eps, t, noiseT } = inputs;
  const studentModel = { process: model.process, unet: model.studentUnet };
  const z0Hat = generate(studentModel, student, { zt: ztn, t: tn, lq, zy, eps });
  return { z0, zy, z0Hat, zt: qSample(model.process.schedule, z0Hat, zy, t, noiseT) };
}

/**
 * Losses of a fake update, to be differentiated by the fake's and the head's parameters.
 * @param params.head Its presence adds the term `gan`.
 * @returns `loss`: ResShift's loss on the student's outputs; `gan`: the discriminator's, unweighted.
 */
export function fakeLosses(
  model: RsdModel,
  params: { fake: Params; head?: Params },
  sample: FakeSample,
  inputs: Pick<RsdInputs, 'lq' | 't' | 'tn' | 'tGan' | 'noiseGan' | 'noiseGanReal'>,
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

function fakeDenoiser({ process, fakeUnet }: RsdModel, fake: Params, condition: Condition): Denoise {
  return resshift({ process, unet: fakeUnet }, fake, condition);
}

/** Logits [B] of clean latents or, where there is noise for it, of latents noised to a timestep. */
function logits(
  model: RsdModel,
  params: { fake: Params; head: Params },
  z: Tensor,
  { lq, zy, tn, tGan, noiseGan }: Pick<RsdInputs, 'lq' | 'tn' | 'tGan' | 'noiseGan'> & { zy: Tensor },
): Tensor {
  const { process, fakeUnet, head } = model;
  if (!head) throw new Error('parameters of a discriminator head were given, but the model has none');
  const seen = tGan && noiseGan ? qSample(process.schedule, z, zy, tGan, noiseGan) : z;
  return discriminate({ process, unet: fakeUnet, head }, params, seen, { lq, t: tGan, tn });
}

/** Which terms a student update has; weights are the caller's. */
export interface StudentObjective {
  readonly distillation: DistillationObjective;
  readonly gan: boolean;
  /** Metric of decoded and real images [B, H, W, 3] in [-1, 1] -> [B], and which student output it is taken on. */
  readonly perceptual?: { metric(decoded: Tensor, hr: Tensor): Tensor; from: 'last' | 'same' };
  readonly mse?: { space: 'image' | 'latent' };
}

/** What a student update takes besides the batch's latents. */
export interface StudentInputs extends RsdInputs {
  /** Noise of the prior sample and the student's own noise for the pass from the last timestep (`from: 'last'`). */
  readonly noiseLast?: Tensor;
  readonly epsLast?: Tensor;
}

/** The student's outputs [B, h, w, C]: at t_n, and from the prior at the last timestep where the objective needs it. */
export interface StudentOutputs {
  readonly z0Hat: Tensor;
  readonly z0HatLast?: Tensor;
}

/** Parameters that are constants in a student update. */
export interface JudgeParams {
  readonly teacher: Params;
  readonly fake: Params;
  /** Needed for the GAN term. */
  readonly head?: Params;
}

/**
 * Losses of a student update, to be differentiated by the student's parameters alone. The gradient runs through z0_hat and,
 * by z_t, through the inputs of teacher and fake, whose parameters are constants.
 * @param latents From {@link encodeBatch}.
 * @returns `loss` (distillation), `gan`, `perceptual`, `mse`: unweighted, those that the objective has.
 */
export function studentLosses(
  model: RsdModel,
  params: JudgeParams & { student: Params },
  latents: BatchLatents,
  inputs: StudentInputs,
  objective: StudentObjective,
): Terms {
  const outputs = generateOutputs(model, params.student, latents, inputs, objective);
  return outputLosses(model, params, outputs, latents, inputs, objective);
}

/** {@link studentLosses} of given student outputs. */
export function outputLosses(
  model: RsdModel,
  params: JudgeParams,
  { z0Hat, z0HatLast }: StudentOutputs,
  latents: BatchLatents,
  inputs: StudentInputs,
  objective: StudentObjective,
): Terms {
  const { firstStage } = model;
  const { hr } = inputs;
  const terms: Record<string, Tensor> = {
    loss: tf.tidy(() => {
      const pair = distillationPair(model, params, z0Hat, latents.zy, inputs);
      return tf.mean(
        distillationLoss(objective.distillation, pair, { steps: model.process.schedule.steps, t: inputs.t }),
      );
    }),
  };
  if (objective.gan) {
    const { fake, head } = params;
    if (!head) throw new Error('the GAN term needs the parameters of a discriminator head');
    terms['gan'] = tf.tidy(() => generatorLoss(logits(model, { fake, head }, z0Hat, { ...inputs, zy: latents.zy })));
  }
  const { perceptual, mse } = objective;
  const decoded = perceptual?.from === 'same' || mse?.space === 'image' ? firstStage.decode(z0Hat) : undefined;
  if (perceptual) {
    const image = perceptual.from === 'same' ? decoded! : firstStage.decode(z0HatLast!);
    terms['perceptual'] = tf.tidy(() => tf.mean(perceptual.metric(image, hr)));
  }
  if (mse) {
    terms['mse'] = tf.tidy(() => tf.mean(mse.space === 'image' ? mseLoss(decoded!, hr) : mseLoss(z0Hat, latents.z0)));
  }
  return terms;
}

/** One call of the student for both of its outputs. */
function generateOutputs(
  { process, studentUnet }: RsdModel,
  student: Params,
  { zy, ztn }: BatchLatents,
  { lq, tn, eps, noiseLast, epsLast }: StudentInputs,
  objective: StudentObjective,
): StudentOutputs {
  const model = { process, unet: studentUnet };
  if (objective.perceptual?.from !== 'last')
    return { z0Hat: generate(model, student, { zt: ztn, t: tn, lq, zy, eps }) };
  if (!noiseLast || Boolean(eps) !== Boolean(epsLast)) {
    throw new Error('the pass from the last timestep needs noise of its own');
  }
  const { schedule } = process;
  const twice = (a: Tensor, b: Tensor): Tensor => tf.concat([a, b]);
  const both = generate(model, student, {
    zt: twice(ztn, priorSample(schedule, zy, noiseLast)),
    t: twice(tn, sameTimestep(schedule.steps - 1, zy.shape[0])),
    lq: twice(lq, lq),
    zy: twice(zy, zy),
    eps: eps && epsLast && twice(eps, epsLast),
  });
  const [z0Hat, z0HatLast] = tf.split(both, 2) as [Tensor, Tensor];
  return { z0Hat, z0HatLast };
}

/** Both judges at z_t ~ q(. | z0_hat, z_y), the student's output noised to the drawn timestep. */
export function distillationPair(
  model: RsdModel,
  params: Pick<JudgeParams, 'teacher' | 'fake'>,
  z0Hat: Tensor,
  zy: Tensor,
  { lq, t, tn, noiseT }: Pick<RsdInputs, 'lq' | 't' | 'tn' | 'noiseT'>,
): DistillationPair {
  const zt = qSample(model.process.schedule, z0Hat, zy, t, noiseT);
  const teacher = resshift(model, params.teacher, { lq, zy })(zt, t);
  return { teacher, fake: fakeDenoiser(model, params.fake, { lq, zy, tn })(zt, t), z0Hat };
}
