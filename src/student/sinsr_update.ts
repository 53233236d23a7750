/** @file One update of a SinSR student (arXiv 2311.14760): regression onto its teacher's results. */
import { firstStageOf } from '../autoencoder/first_stage.js';
import type { RunConfig } from '../config/schema.js';
import { networkTimesteps } from '../diffusion/lookup.js';
import { tf, type Params, type Tensor, type Tensors } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { sinsrLoss, type SinsrLatents, type SinsrOptions } from '../losses/sinsr.js';
import { weightedSum } from '../losses/weighted_sum.js';
import { unet } from '../nn/unet.js';
import type { LossValue } from '../optimizer/gradients.js';
import { EMA } from '../optimizer/outline.js';
import type { UpdateSpec } from '../optimizer/update.js';
import type { LatentSetup } from '../teacher/latent_setup.js';
import { sinsrMaps } from './sinsr_maps.js';
import { STUDENT_GROUP } from './update.js';

/** One update of the student, and of its moving average. The teacher's results are inputs: its T steps are runs of a program of their own. */
export function sinsrUpdateSpec({ train, data, sinsr }: RunConfig, setup: LatentSetup): UpdateSpec {
  const { model, latent, lqSide } = setup;
  const size = train.microBatch;
  const float = (...shape: readonly number[]) => ({ shape: [size, ...shape], dtype: 'float32' }) as const;
  return {
    name: 'student update',
    groups: [STUDENT_GROUP],
    inputs: {
      hr: float(data.gtSize, data.gtSize, 3),
      lq: float(lqSide, lqSide, 3),
      zy: float(...latent),
      zT: float(...latent),
      teacher: float(...latent),
    },
    ema: { group: EMA, source: STUDENT_GROUP },
    recompute: train.recompute,
    constants: ({ hr }, state) => ({ z0: firstStageOf(model, state).encode(hr!) }),
    loss: (inputs, params, state, constants) =>
      studentLoss({ sinsr, setup, state }, { ...inputs, ...constants }, params[STUDENT_GROUP]!),
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
