/** @file The two updates of RSD as specifications over resident groups; `rsd.ts` feeds and schedules them. */
import type { RsdConfig } from '../../config/schema.js';
import type { Tensor } from '../../engine/tfjs.js';
import type { StateAccess, TensorSpec } from '../../engine/types.js';
import type { GanHeadConfig } from '../../fake/gan_head.js';
import { weightedSum } from '../../losses/weighted_sum.js';
import type { UNetConfig } from '../../nn/unet_config.js';
import { firstStageOf, type RestorationModel } from '../../restore/passes.js';
import { EMA } from '../outline.js';
import type { ResidentPerceptual } from '../resident_perceptual.js';
import {
  drawFakeSample,
  encodeBatch,
  fakeLosses,
  studentLosses,
  type BatchLatents,
  type FakeSample,
  type RsdModel,
  type StudentInputs,
  type StudentObjective,
} from '../rsd_losses.js';
import type { UpdateSpec } from '../update.js';

/** Resident groups of a distillation besides the moving average. */
export const RsdGroup = { teacher: 'teacher', student: 'student', fake: 'fake', head: 'head' } as const;

/** Channels per norm group that the discriminator head keeps at least: a 1x1 map of one channel would vanish. */
const HEAD_GROUP_CHANNELS = 4;

/** The discriminator head that a fake network of this structure gets. */
export function ganHeadConfig(kind: GanHeadConfig['kind'], unet: UNetConfig): GanHeadConfig {
  const channels = unet.modelChannels * unet.channelMult.at(-1)!;
  return { kind, channels, groups: Math.min(unet.normGroups, channels / HEAD_GROUP_CHANNELS) };
}

/** The networks, terms and sizes of a distillation. */
export interface RsdUpdateContext {
  readonly rsd: Pick<RsdConfig, 'gan' | 'perceptual' | 'mse' | 'powerTen' | 'sidNormalization' | 'noiseChannels'>;
  /** Teacher's network, process and autoencoder. */
  readonly model: RestorationModel;
  /** Absent: no GAN term. */
  readonly head?: GanHeadConfig;
  /** Absent: no perceptual term. */
  readonly perceptual?: ResidentPerceptual;
  /** Whether activations are computed again for the gradient instead of kept. */
  readonly recompute?: boolean;
  /** Samples of a micro-batch. */
  readonly size: number;
  readonly hrSide: number;
  readonly lqSide: number;
  /** Shape of one latent [h, w, C]. */
  readonly latent: readonly [number, number, number];
}

/** The student's network: the teacher's with noise channels. */
export const studentUnet = ({ model, rsd }: Pick<RsdUpdateContext, 'model' | 'rsd'>): UNetConfig => ({
  ...model.unet,
  noiseChannels: rsd.noiseChannels,
});

/** Whether the student update makes a pass of its own from the last timestep for the perceptual term. */
export const usesLastPass = ({ perceptual, rsd }: RsdUpdateContext): boolean =>
  perceptual !== undefined && rsd.perceptual.from === 'last';

/** Inputs that both updates take: names and shapes of `RsdInputs`. */
function sharedInputs(context: RsdUpdateContext): Record<string, TensorSpec> {
  const { latent, hrSide, lqSide, size, rsd } = context;
  const float = (...shape: readonly number[]): TensorSpec => ({ shape: [size, ...shape], dtype: 'float32' });
  const timestep: TensorSpec = { shape: [size], dtype: 'int32' };
  return {
    hr: float(hrSide, hrSide, 3),
    lq: float(lqSide, lqSide, 3),
    tn: timestep,
    t: timestep,
    noiseTn: float(...latent),
    noiseT: float(...latent),
    ...(rsd.noiseChannels > 0 ? { eps: float(latent[0], latent[1], rsd.noiseChannels) } : {}),
  };
}

/** The networks with the first stage bound to its resident parameters. */
function boundModel(context: RsdUpdateContext, state: StateAccess): RsdModel {
  const { process, unet } = context.model;
  const firstStage = firstStageOf(context.model, state);
  return { process, unet, studentUnet: studentUnet(context), firstStage, head: context.head };
}

/** One update of the fake (and its head) on the student's outputs. */
export function fakeUpdateSpec(context: RsdUpdateContext): UpdateSpec {
  const { fake, head, student } = RsdGroup;
  return {
    name: 'fake update',
    groups: context.head ? [fake, head] : [fake],
    inputs: sharedInputs(context),
    recompute: context.recompute,
    constants: (inputs, state) => ({
      ...drawFakeSample(boundModel(context, state), state.read(student), inputs as unknown as StudentInputs),
    }),
    loss: (inputs, params, state, sample) => {
      const terms = fakeLosses(
        boundModel(context, state),
        { fake: params[fake]!, head: params[head] },
        sample as unknown as FakeSample,
        inputs as unknown as StudentInputs,
      );
      return { total: weightedSum(terms, { gan: context.rsd.gan.weight }), terms };
    },
  };
}

/** One update of the student, and of its moving average. */
export function studentUpdateSpec(context: RsdUpdateContext): UpdateSpec {
  const { teacher, fake, head, student } = RsdGroup;
  const inputs = sharedInputs(context);
  const { noiseTn, eps } = inputs;
  const lastPass = usesLastPass(context) ? { noiseLast: noiseTn!, ...(eps ? { epsLast: eps } : {}) } : {};
  const { gan, perceptual, mse } = context.rsd;
  return {
    name: 'student update',
    groups: [student],
    inputs: { ...inputs, ...lastPass },
    ema: { group: EMA, source: student },
    recompute: context.recompute,
    constants: (given, state) => ({
      ...encodeBatch(boundModel(context, state), given as unknown as StudentInputs),
    }),
    loss: (given, params, state, latents) => {
      const judges = {
        teacher: state.read(teacher),
        fake: state.read(fake),
        ...(context.head ? { head: state.read(head) } : {}),
      };
      const terms = studentLosses(
        boundModel(context, state),
        { student: params[student]!, ...judges },
        latents as unknown as BatchLatents,
        given as unknown as StudentInputs,
        objective(context, state),
      );
      return {
        total: weightedSum(terms, { gan: gan.weight, perceptual: perceptual.weight, mse: mse.weight }),
        terms,
      };
    },
  };
}

function objective({ rsd, head, perceptual }: RsdUpdateContext, state: StateAccess): StudentObjective {
  const { powerTen, sidNormalization, mse } = rsd;
  const metric = (decoded: Tensor, hr: Tensor): Tensor => perceptual!.distance(state, decoded, hr);
  return {
    distillation: { kind: { name: 'rsd' }, powerTen, sidNormalization },
    gan: head !== undefined,
    ...(perceptual ? { perceptual: { metric, from: rsd.perceptual.from } } : {}),
    ...(mse.weight > 0 ? { mse: { space: mse.space } } : {}),
  };
}
