/** @file One update of a ResShift teacher: its loss (arXiv 2307.12348, eq. 8), inputs and draws. */
import { firstStageOf } from '../autoencoder/first_stage.js';
import type { RunConfig } from '../config/schema.js';
import { qSample, scaleInput } from '../diffusion/forward_process.js';
import { networkTimesteps } from '../diffusion/lookup.js';
import { trainingTarget } from '../diffusion/parameterisation.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';
import { resshiftLoss } from '../losses/resshift.js';
import { unet } from '../nn/unet.js';
import type { Draw } from '../optimizer/draws.js';
import type { LossValue } from '../optimizer/gradients.js';
import { EMA } from '../optimizer/outline.js';
import type { UpdateSpec } from '../optimizer/update.js';
import type { LatentSetup } from './latent_setup.js';

/** Resident group of the teacher's parameters. */
export const TEACHER_GROUP = 'teacher';

/** What an update draws at random: a timestep and the noise of each sample. */
export const teacherDraws = ({ model, latent }: LatentSetup): Readonly<Record<'t' | 'noise', Draw>> => ({
  t: { choices: [...model.process.schedule.timestepMap.keys()] },
  noise: { normal: latent },
});

/** One update of the teacher, and of its moving average. */
export function teacherUpdateSpec(
  { train, data, resshift }: RunConfig,
  { model, latent, lqSide }: LatentSetup,
): UpdateSpec {
  const size = train.microBatch;
  const images = (side: number) => ({ shape: [size, side, side, 3], dtype: 'float32' }) as const;
  return {
    name: 'teacher update',
    groups: [TEACHER_GROUP],
    inputs: {
      hr: images(data.gtSize),
      lq: images(lqSide),
      t: { shape: [size], dtype: 'int32' },
      noise: { shape: [size, ...latent], dtype: 'float32' },
    },
    ema: { group: EMA, source: TEACHER_GROUP },
    recompute: train.recompute,
    constants: ({ hr, lq }, state) => ({ ...firstStageOf(model, state).encodePair(hr!, lq!) }),
    loss: (inputs, params, _, latents) =>
      teacherLoss(model, resshift.weightedMse, { ...inputs, ...latents }, params[TEACHER_GROUP]!),
  };
}

function teacherLoss(
  { process, unet: network }: LatentSetup['model'],
  weighted: boolean,
  inputs: Tensors,
  params: Params,
): LossValue {
  const { schedule, config } = process;
  const { lq, t, noise, z0, zy } = inputs as Record<'lq' | 't' | 'noise' | 'z0' | 'zy', Tensor>;
  const x = scaleInput(schedule, qSample(schedule, z0, zy, t, noise), t);
  const output = unet(params, network, { x, t: networkTimesteps(schedule.timestepMap, t), lq });
  const target = trainingTarget(schedule, config.predictType, { z0, zy, t, noise });
  const loss = tf.mean(resshiftLoss(schedule, config.predictType, { output, target, t, weighted }));
  return { total: loss, terms: { loss } };
}
