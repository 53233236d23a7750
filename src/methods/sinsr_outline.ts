/** @file Networks, update and teacher's walk of a SinSR distillation, from its config alone. */
import type { RunConfig } from '../config/schema.js';
import { networkTimesteps } from '../diffusion/lookup.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { sinsrLoss, sinsrMaps, type SinsrLatents, type SinsrOptions } from '../losses/sinsr.js';
import { weightedSum } from '../losses/weighted_sum.js';
import { unet } from '../nn/unet.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { teacherWalk } from '../teacher/walk.js';
import { firstStageOf } from '../teacher/restoration_model.js';
import type { LossValue } from '../optimizer/gradients.js';
import { latentSetup, outlinedAutoencoder, type LatentSetup } from '../teacher/latent_setup.js';
import { EMA, type Outline, type OutlinedUpdate } from '../optimizer/outline.js';
import { outlinedWalk } from './outlined_walk.js';
import type { UpdateSpec } from '../optimizer/update.js';

/** Resident groups besides moving average and autoencoder. */
export const SinsrGroup = { teacher: 'teacher', student: 'student' } as const;

/** An {@link Outline} and the sizes it follows from. */
export interface SinsrOutline extends Outline {
  readonly setup: LatentSetup;
  readonly updates: Readonly<Record<'student', OutlinedUpdate>>;
}

export function outlineSinsr(config: RunConfig): SinsrOutline {
  const setup = latentSetup(config);
  const { model, lqSide } = setup;
  const { batch, microBatch } = config.train;
  const plan = teacherWalk(model.process, config.sinsr.sampler);
  const specs = unetSpecs(model.unet);
  return {
    setup,
    networks: [
      { group: SinsrGroup.teacher, specs, role: 'frozen' },
      { group: SinsrGroup.student, specs, role: 'averaged' },
      ...outlinedAutoencoder(setup),
    ],
    updates: { student: { spec: updateSpec(config, setup), times: 1 } },
    programs: outlinedWalk(model, plan, SinsrGroup.teacher, {
      batch: { count: microBatch, height: lqSide, width: lqSide },
      walks: batch / microBatch,
    }),
    microBatches: batch / microBatch,
  };
}

/** The teacher's results are inputs: its T steps are runs of a program of their own. */
function updateSpec({ train, data, sinsr }: RunConfig, setup: LatentSetup): UpdateSpec {
  const { model, latent, lqSide } = setup;
  const size = train.microBatch;
  const float = (...shape: readonly number[]) => ({ shape: [size, ...shape], dtype: 'float32' }) as const;
  return {
    name: 'student update',
    groups: [SinsrGroup.student],
    inputs: {
      hr: float(data.gtSize, data.gtSize, 3),
      lq: float(lqSide, lqSide, 3),
      zy: float(...latent),
      zT: float(...latent),
      teacher: float(...latent),
    },
    ema: { group: EMA, source: SinsrGroup.student },
    recompute: train.recompute,
    constants: ({ hr }, state) => ({ z0: firstStageOf(model, state).encode(hr!) }),
    loss: (inputs, params, state, constants) =>
      studentLoss({ sinsr, setup, state }, { ...inputs, ...constants }, params[SinsrGroup.student]!),
  };
}

interface LossContext {
  readonly sinsr: RunConfig['sinsr'];
  readonly setup: LatentSetup;
  readonly state: StateAccess;
}

function studentLoss({ sinsr, setup, state }: LossContext, inputs: Tensors, params: Params): LossValue {
  const { process, unet: network } = setup.model;
  const { schedule } = process;
  const { lq, zy, hr } = inputs as Record<'lq' | 'zy' | 'hr', Tensor>;
  const call = (x: Tensor, t: Tensor): Tensor =>
    unet(params, network, { x, t: networkTimesteps(schedule.timestepMap, t), lq });
  const options: SinsrOptions = {
    inverse: sinsr.inverse,
    groundTruth: sinsr.hrWeight > 0,
    ...(sinsr.covarianceWeight > 0 ? { covariance: schedule.noiseVariance[schedule.steps - 1] } : {}),
    ...(sinsr.space === 'image' ? { image: { hr, decode: firstStageOf(setup.model, state).decode } } : {}),
  };
  const perSample = sinsrLoss(sinsrMaps(process, call, zy), inputs as unknown as SinsrLatents, options);
  const terms = Object.fromEntries(Object.entries(perSample).map(([name, values]) => [name, tf.mean(values)]));
  const weights = { groundTruth: sinsr.hrWeight, covariance: sinsr.covarianceWeight };
  return { total: weightedSum(terms, weights), terms };
}
