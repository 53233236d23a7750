/** @file Networks and updates of a distillation, from its config alone. */
import { hasFake, type FakeMethod } from '../config/methods.js';
import type { RunConfig } from '../config/schema.js';
import { ganHeadSpecs } from '../fake/gan_head.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { studentWalk } from '../teacher/walk.js';
import { latentSetup, outlinedAutoencoder } from '../teacher/latent_setup.js';
import type { DistillationLoss } from '../losses/distillation_objective.js';
import type { Outline, OutlinedNetwork, OutlinedUpdate } from '../optimizer/outline.js';
import { outlinedWalk } from './outlined_walk.js';
import { residentPerceptual } from '../models/resident_perceptual.js';
import {
  fakeUnet,
  fakeUpdateSpec,
  ganHeadConfig,
  RsdGroup,
  studentUnet,
  studentUpdateSpec,
  type RsdUpdateContext,
} from './distillation_updates.js';
import { rsd as rsdObjective } from './rsd.js';
import { sid as sidObjective } from './sid.js';
import { vsd as vsdObjective } from './vsd.js';

const OBJECTIVES: Readonly<Record<FakeMethod, (config: RunConfig) => DistillationLoss>> = {
  rsd: rsdObjective,
  vsd: vsdObjective,
  sid: sidObjective,
};

/** An {@link Outline} and what its updates are made from. */
export interface DistillationOutline extends Outline {
  readonly context: RsdUpdateContext;
  readonly updates: Readonly<Record<'fake' | 'student', OutlinedUpdate>>;
}

/** @param allTerms false: the phase of `rsd.distillIterations`, with the distillation loss alone. */
export function outlineDistillation(config: RunConfig, allTerms = true): DistillationOutline {
  const { method, rsd, train, data } = config;
  if (!hasFake(method)) throw new Error(`method ${method} has no fake network`);
  const setup = latentSetup(config);
  const { model, latent, lqSide } = setup;
  const head = rsd.gan.weight > 0 ? ganHeadConfig(rsd.gan.head, model.unet) : undefined;
  const perceptual = residentPerceptual(rsd.perceptual);
  const network = (group: string, role: OutlinedNetwork['role'], specs = unetSpecs(model.unet)): OutlinedNetwork => ({
    group,
    role,
    specs,
  });
  const context: RsdUpdateContext = {
    rsd: allTerms ? rsd : { ...rsd, mse: { ...rsd.mse, weight: 0 } },
    loss: OBJECTIVES[method](config),
    model,
    ...(allTerms ? { head, perceptual } : {}),
    recompute: train.recompute,
    size: train.microBatch,
    hrSide: data.gtSize,
    lqSide,
    latent,
  };
  return {
    context,
    networks: [
      network(RsdGroup.teacher, 'frozen'),
      network(RsdGroup.student, 'averaged', unetSpecs(studentUnet({ model, rsd }))),
      network(RsdGroup.fake, 'trained', unetSpecs(fakeUnet({ model, rsd }))),
      ...(head ? [network(RsdGroup.head, 'trained', ganHeadSpecs(head))] : []),
      ...outlinedAutoencoder(setup),
      ...(perceptual ? [perceptual.network] : []),
    ],
    updates: {
      fake: { spec: fakeUpdateSpec(context), times: rsd.fakeUpdates },
      student: { spec: studentUpdateSpec(context), times: 1 },
    },
    ...(rsd.inputs === 'generated' ? { programs: walkRuns(config, context) } : {}),
    microBatches: train.batch / train.microBatch,
  };
}

/** The student's walk, with every update: as many evaluations as it has timesteps at most. */
function walkRuns({ rsd, train }: RunConfig, { model, lqSide, size }: RsdUpdateContext): Outline['programs'] {
  const student = { ...model, unet: studentUnet({ model, rsd }) };
  const walks = (rsd.fakeUpdates + 1) * (train.batch / train.microBatch);
  return outlinedWalk(student, studentWalk(model.process, rsd.timesteps, rsd.renoise), RsdGroup.student, {
    batch: { count: size, height: lqSide, width: lqSide },
    walks,
  });
}
