/** @file The two updates of a distillation as specifications over resident groups; `distillation.ts` feeds and schedules them. */
import type { RsdConfig } from '../config/schema.js';
import type { Tensor } from '../engine/tfjs.js';
import type { StateAccess, TensorSpec } from '../engine/types.js';
import type { GanHeadConfig } from '../fake/gan_head.js';
import { weightedSum } from '../losses/weighted_sum.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { firstStageOf, type RestorationModel } from '../teacher/restoration_model.js';
import type { DistillationLoss } from '../losses/distillation_objective.js';
import { EMA } from '../optimizer/outline.js';
import type { ResidentPerceptual } from '../models/resident_perceptual.js';
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
} from '../student/losses.js';
import type { UpdateSpec } from '../optimizer/update.js';
import { drawSpec, updateDraws, type Draw, type DrawContext } from '../student/draws.js';

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
  readonly rsd: DrawContext['rsd'] &
    Pick<RsdConfig, 'perceptual' | 'mse' | 'powerTen' | 'sidNormalization' | 'conditionFake'>;
  /** What the method minimises of the judges' estimates. */
  readonly loss: DistillationLoss;
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

/** What one update draws at random. */
export function drawsOf(context: RsdUpdateContext, update: 'fake' | 'student'): Readonly<Record<string, Draw>> {
  const { rsd, latent, model, head, perceptual } = context;
  const timesteps = [...model.process.schedule.timestepMap.keys()];
  const lastPass = perceptual !== undefined && rsd.perceptual.from === 'last';
  return updateDraws({ rsd, latent, timesteps, gan: head !== undefined, lastPass }, update);
}

/** The student's network: the teacher's with noise channels. */
export const studentUnet = ({ model, rsd }: Pick<RsdUpdateContext, 'model' | 'rsd'>): UNetConfig => ({
  ...model.unet,
  noiseChannels: rsd.noiseChannels,
});

/** The fake's network: the teacher's, with a second timestep if it is told the student's. */
export const fakeUnet = ({ model, rsd }: Pick<RsdUpdateContext, 'model' | 'rsd'>): UNetConfig => ({
  ...model.unet,
  ...(rsd.conditionFake ? { studentTimestep: true } : {}),
});

/** Inputs of an update: names and shapes of `StudentInputs`. */
function inputsOf(context: RsdUpdateContext, update: 'fake' | 'student'): Record<string, TensorSpec> {
  const { latent, hrSide, lqSide, size, rsd } = context;
  const float = (...shape: readonly number[]): TensorSpec => ({ shape: [size, ...shape], dtype: 'float32' });
  const draws = Object.entries(drawsOf(context, update)).map(([name, draw]) => [name, drawSpec(draw, size)] as const);
  return {
    hr: float(hrSide, hrSide, 3),
    lq: float(lqSide, lqSide, 3),
    ...(rsd.inputs === 'generated' ? { ztn: float(...latent) } : {}),
    ...Object.fromEntries(draws),
  };
}

/** The networks with the first stage bound to its resident parameters. */
function boundModel(context: RsdUpdateContext, state: StateAccess): RsdModel {
  const { process, unet } = context.model;
  const firstStage = firstStageOf(context.model, state);
  return {
    process,
    unet,
    studentUnet: studentUnet(context),
    fakeUnet: fakeUnet(context),
    firstStage,
    head: context.head,
  };
}

/** One update of the fake (and its head) on the student's outputs. */
export function fakeUpdateSpec(context: RsdUpdateContext): UpdateSpec {
  const { fake, head, student } = RsdGroup;
  return {
    name: 'fake update',
    groups: context.head ? [fake, head] : [fake],
    inputs: inputsOf(context, 'fake'),
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
  const { gan, perceptual, mse } = context.rsd;
  return {
    name: 'student update',
    groups: [student],
    inputs: inputsOf(context, 'student'),
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

function objective({ rsd, loss, head, perceptual }: RsdUpdateContext, state: StateAccess): StudentObjective {
  const { powerTen, sidNormalization, mse } = rsd;
  const metric = (decoded: Tensor, hr: Tensor): Tensor => perceptual!.distance(state, decoded, hr);
  return {
    distillation: { loss, powerTen, sidNormalization },
    gan: head !== undefined,
    ...(perceptual ? { perceptual: { metric, from: rsd.perceptual.from } } : {}),
    ...(mse.weight > 0 ? { mse: { space: mse.space } } : {}),
  };
}
