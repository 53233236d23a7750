/** @file Networks and updates of a distillation against a fake, from its config alone. */
import type { RunConfig } from '../config/schema.js';
import { ganHeadConfig, ganHeadSpecs, HEAD_GROUP } from '../fake/gan_head.js';
import { FAKE_GROUP, fakeUpdate } from '../fake/update.js';
import { fakeUnet } from '../fake/widen.js';
import type { DistillationLoss } from '../losses/distillation_objective.js';
import { residentPerceptual } from '../models/resident_perceptual.js';
import { unetSpecs } from '../nn/unet_specs.js';
import type { Outline, OutlinedUpdate } from '../optimizer/outline.js';
import type { UpdateSpec } from '../optimizer/update.js';
import { boundModel, inputsOf, type RsdUpdateContext } from '../student/distillation.js';
import { drawFakeSample, type RsdInputs } from '../student/sample.js';
import { STUDENT_GROUP, studentUpdateSpec } from '../student/update.js';
import { studentWalk } from '../student/walk.js';
import { studentUnet } from '../student/widen.js';
import { latentSetup, outlinedAutoencoder } from '../teacher/latent_setup.js';
import { TEACHER_GROUP } from '../teacher/update.js';
import { outlinedWalk } from './outlined_walk.js';

/** An {@link Outline} and what its updates are made from. */
export interface DistillationOutline extends Outline {
  readonly context: RsdUpdateContext;
  readonly updates: Readonly<Record<'fake' | 'student', OutlinedUpdate>>;
}

/**
 * @param loss What the method minimises of the judges' estimates.
 * @param allTerms false: the phase of `rsd.distillIterations`, with the distillation loss alone.
 */
export function outlineDistillation(config: RunConfig, loss: DistillationLoss, allTerms = true): DistillationOutline {
  const { rsd, train, data } = config;
  const setup = latentSetup(config);
  const { model, latent, lqSide } = setup;
  const head = rsd.gan.weight > 0 ? ganHeadConfig(rsd.gan.head, model.unet) : undefined;
  const perceptual = residentPerceptual(rsd.perceptual);
  const fake = fakeUnet(model.unet, rsd.conditionFake);
  const student = studentUnet(model.unet, rsd.noiseChannels);
  const context: RsdUpdateContext = {
    rsd: allTerms ? rsd : { ...rsd, mse: { ...rsd.mse, weight: 0 } },
    loss,
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
      { group: TEACHER_GROUP, role: 'frozen', specs: unetSpecs(model.unet) },
      { group: STUDENT_GROUP, role: 'averaged', specs: unetSpecs(student) },
      { group: FAKE_GROUP, role: 'trained', specs: unetSpecs(fake) },
      ...(head ? [{ group: HEAD_GROUP, role: 'trained', specs: ganHeadSpecs(head) } as const] : []),
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
  const student = { ...model, unet: studentUnet(model.unet, rsd.noiseChannels) };
  const walks = (rsd.fakeUpdates + 1) * (train.batch / train.microBatch);
  return outlinedWalk(student, studentWalk(model.process, rsd.timesteps, rsd.renoise), STUDENT_GROUP, {
    batch: { count: size, height: lqSide, width: lqSide },
    walks,
  });
}

/** One update of the fake, and of its head, on what the student makes of a batch. */
export function fakeUpdateSpec(context: RsdUpdateContext): UpdateSpec {
  const { model, rsd, head, recompute } = context;
  return fakeUpdate({
    model: { process: model.process, fakeUnet: fakeUnet(model.unet, rsd.conditionFake), head },
    ganWeight: rsd.gan.weight,
    inputs: inputsOf(context, 'fake'),
    sample: (inputs, state) =>
      drawFakeSample(boundModel(context, state), state.read(STUDENT_GROUP), inputs as unknown as RsdInputs),
    recompute,
  });
}
