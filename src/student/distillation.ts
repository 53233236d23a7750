/** @file A distillation as its updates see it: networks, terms and sizes, what an update takes and draws. */
import { firstStageOf } from '../autoencoder/first_stage.js';
import type { RsdConfig } from '../config/schema.js';
import type { StateAccess, TensorSpec } from '../engine/types.js';
import type { GanHeadConfig } from '../fake/gan_head.js';
import { fakeUnet } from '../fake/widen.js';
import type { DistillationLoss } from '../losses/distillation_objective.js';
import type { ResidentPerceptual } from '../models/resident_perceptual.js';
import { drawSpec, type Draw } from '../optimizer/draws.js';
import type { RestorationModel } from '../teacher/restoration_model.js';
import { updateDraws, type DrawContext } from './draws.js';
import type { RsdModel } from './sample.js';
import { studentUnet } from './widen.js';

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

/** Inputs of an update: names and shapes of `StudentInputs`. */
export function inputsOf(context: RsdUpdateContext, update: 'fake' | 'student'): Record<string, TensorSpec> {
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
export function boundModel(context: RsdUpdateContext, state: StateAccess): RsdModel {
  const { process, unet } = context.model;
  const firstStage = firstStageOf(context.model, state);
  return {
    process,
    unet,
    studentUnet: studentUnet(unet, context.rsd.noiseChannels),
    fakeUnet: fakeUnet(unet, context.rsd.conditionFake),
    firstStage,
    head: context.head,
  };
}
