/** @file Networks and updates of a distillation, from its config alone. */
import type { RunConfig } from '../../config/schema.js';
import { ganHeadSpecs } from '../../fake/gan_head.js';
import { unetSpecs } from '../../nn/unet_specs.js';
import { latentSetup, outlinedAutoencoder } from '../latent_setup.js';
import type { Outline, OutlinedNetwork, OutlinedUpdate } from '../outline.js';
import { residentPerceptual } from '../resident_perceptual.js';
import {
  fakeUpdateSpec,
  ganHeadConfig,
  RsdGroup,
  studentUnet,
  studentUpdateSpec,
  type RsdUpdateContext,
} from './rsd_updates.js';

/** An {@link Outline} and what its updates are made from. */
export interface RsdOutline extends Outline {
  readonly context: RsdUpdateContext;
  readonly updates: Readonly<Record<'fake' | 'student', OutlinedUpdate>>;
}

/** @param allTerms false: the phase of `rsd.distillIterations`, with the distillation loss alone. */
export function outlineRsd(config: RunConfig, allTerms = true): RsdOutline {
  const { rsd, train, data } = config;
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
      network(RsdGroup.fake, 'trained'),
      ...(head ? [network(RsdGroup.head, 'trained', ganHeadSpecs(head))] : []),
      ...outlinedAutoencoder(setup),
      ...(perceptual ? [perceptual.network] : []),
    ],
    updates: {
      fake: { spec: fakeUpdateSpec(context), times: rsd.fakeUpdates },
      student: { spec: studentUpdateSpec(context), times: 1 },
    },
    microBatches: train.batch / train.microBatch,
  };
}
