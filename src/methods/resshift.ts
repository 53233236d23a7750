/** @file `method: resshift`: a teacher from scratch (arXiv 2307.12348, ResShift's own training loss). */
import { AUTOENCODER_GROUP } from '../autoencoder/first_stage.js';
import { readAutoencoder } from '../autoencoder/read.js';
import type { RunConfig } from '../config/schema.js';
import { treeToMemory } from '../models/layout.js';
import type { Weighted } from '../models/model.js';
import { startingTree } from '../models/starting_tree.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { drawAll } from '../optimizer/draws.js';
import { defineNetworks, EMA, stateGroups, type Outline, type OutlinedUpdate } from '../optimizer/outline.js';
import { createUpdate, type Update } from '../optimizer/update.js';
import { oneStepPass } from '../student/pass.js';
import { latentSetup, outlinedAutoencoder, type LatentSetup } from '../teacher/latent_setup.js';
import { multiStepPass } from '../teacher/pass.js';
import { TEACHER_GROUP, teacherDraws, teacherUpdateSpec } from '../teacher/update.js';
import type { HostTree } from '../weights/tree.js';
import { onlyUpdate, pairFeeds } from './iteration.js';
import type { Method, MethodContext, MethodEntry, Restoration } from './method.js';
import { passRestoration } from './pass_restoration.js';

/** ResShift; the moving average becomes the teacher of a distillation. */
export const resshiftMethod: MethodEntry = {
  outline: outlineResShift,
  create: async (context) => new ResShift(context, await readAutoencoder(context.config)),
  product: () => ({ kind: 'teacher' }),
};

interface ResShiftOutline extends Outline {
  readonly setup: LatentSetup;
  readonly updates: Readonly<Record<'teacher', OutlinedUpdate>>;
}

function outlineResShift(config: RunConfig): ResShiftOutline {
  const setup = latentSetup(config);
  const { batch, microBatch } = config.train;
  return {
    setup,
    networks: [
      { group: TEACHER_GROUP, specs: unetSpecs(setup.model.unet), role: 'averaged' },
      ...outlinedAutoencoder(setup),
    ],
    updates: { teacher: { spec: teacherUpdateSpec(config, setup), times: 1 } },
    microBatches: batch / microBatch,
  };
}

class ResShift implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['loss'];
  private readonly outline: ResShiftOutline;
  private readonly allSteps: Restoration;
  private readonly oneStep: Restoration;
  private update: Update | undefined;

  constructor(
    private readonly context: MethodContext,
    readonly autoencoder: Weighted<AutoencoderConfig> | undefined,
  ) {
    this.outline = outlineResShift(context.config);
    const { model } = this.outline.setup;
    this.stateGroups = stateGroups(this.outline);
    this.allSteps = passRestoration(multiStepPass(context.engine, model, 'stochastic', EMA));
    this.oneStep = passRestoration(oneStepPass(context.engine, model, EMA));
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const { unet } = this.outline.setup.model;
    const start = (): Promise<HostTree> =>
      startingTree(unetSpecs(unet), config.seed, config.resshift.initFrom, (model) => model.unet, {
        unet,
        diffusion: config.diffusion,
      });
    await defineNetworks(engine, this.outline, {
      [TEACHER_GROUP]: async () => treeToMemory(await start()),
      [AUTOENCODER_GROUP]: () => treeToMemory(this.autoencoder!.tree),
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { config, engine, batches } = this.context;
    const { updates, microBatches, setup } = this.outline;
    this.update ??= createUpdate(engine, updates.teacher.spec, microBatches, config.train.weightDecay > 0);
    const batch = await batches.batch(iteration - 1);
    const key = { seed: config.seed, update: TEACHER_GROUP, iteration };
    const draws = teacherDraws(setup);
    const feeds = pairFeeds(config, setup.lqSide, batch, (range) => drawAll(draws, key, range));
    return (await onlyUpdate(this.update, feeds, config, iteration)).numbers;
  }

  restoration(): Restoration {
    return this.allSteps;
  }

  shown(): readonly Restoration[] {
    return [this.oneStep, this.allSteps];
  }
}
