/** @file The losses of a student update: RSD's (algorithm 1), and those of VSD and SiD, with GAN, perceptual and MSE terms. */
import { priorSample, qSample } from '../diffusion/forward_process.js';
import { sameTimestep } from '../diffusion/lookup.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { fakeDenoiser, logits, type Terms } from '../fake/losses.js';
import { distillationLoss, type DistillationObjective } from '../losses/distillation_objective.js';
import type { DistillationPair } from '../losses/distillation_pair.js';
import { generatorLoss } from '../losses/gan.js';
import { mseLoss } from '../losses/mse.js';
import { resshift } from '../teacher/denoiser.js';
import { generate } from './generate.js';
import type { BatchLatents, RsdInputs, RsdModel } from './sample.js';

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
 * @param latents Of the batch, constants.
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
