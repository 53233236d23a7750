/** @file Networks and update of a ResShift training, from its config alone. */
import type { RunConfig } from '../config/schema.js';
import { qSample, scaleInput } from '../diffusion/forward_process.js';
import { networkTimesteps } from '../diffusion/lookup.js';
import { trainingTarget } from '../diffusion/parameterisation.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';
import { resshiftLoss } from '../losses/resshift.js';
import { unet } from '../nn/unet.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { firstStageOf } from '../teacher/restoration_model.js';
import type { LossValue } from '../optimizer/gradients.js';
import { latentSetup, outlinedAutoencoder, type LatentSetup } from '../teacher/latent_setup.js';
import { EMA, type Outline, type OutlinedUpdate } from '../optimizer/outline.js';
import type { UpdateSpec } from '../optimizer/update.js';

/** Resident group of the network that is trained. */
export const TEACHER = 'teacher';

/** An {@link Outline} and the sizes it follows from. */
export interface ResShiftOutline extends Outline {
  readonly setup: LatentSetup;
  readonly updates: Readonly<Record<'teacher', OutlinedUpdate>>;
}

export function outlineResShift(config: RunConfig): ResShiftOutline {
  const setup = latentSetup(config);
  const { batch, microBatch } = config.train;
  return {
    setup,
    networks: [{ group: TEACHER, specs: unetSpecs(setup.model.unet), role: 'averaged' }, ...outlinedAutoencoder(setup)],
    updates: { teacher: { spec: updateSpec(config, setup), times: 1 } },
    microBatches: batch / microBatch,
  };
}

function updateSpec({ train, data, resshift }: RunConfig, { model, latent, lqSide }: LatentSetup): UpdateSpec {
  const size = train.microBatch;
  const images = (side: number) => ({ shape: [size, side, side, 3], dtype: 'float32' }) as const;
  return {
    name: 'teacher update',
    groups: [TEACHER],
    inputs: {
      hr: images(data.gtSize),
      lq: images(lqSide),
      t: { shape: [size], dtype: 'int32' },
      noise: { shape: [size, ...latent], dtype: 'float32' },
    },
    ema: { group: EMA, source: TEACHER },
    recompute: train.recompute,
    constants: ({ hr, lq }, state) => ({ ...firstStageOf(model, state).encodePair(hr!, lq!) }),
    loss: (inputs, params, _, latents) =>
      teacherLoss(model, resshift.weightedMse, { ...inputs, ...latents }, params[TEACHER]!),
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
