/** @file `method: resshift`: a teacher from scratch (ResShift's own training loss). */
import type { HostArray } from '../engine/types.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { unetSpecs } from '../nn/unet_specs.js';
import { multiStepPass, oneStepPass, type Pass } from '../teacher/pass.js';
import { AUTOENCODER_GROUP } from '../teacher/restoration_model.js';
import { treeToMemory } from '../models/layout.js';
import type { Weighted } from '../models/model_file.js';
import type { HostTree } from '../weights/tree.js';
import { drawChoice, drawNormal } from '../optimizer/draws.js';
import type { GridRow } from '../images/image_grid.js';
import { readAutoencoder } from '../teacher/latent_setup.js';
import { learningRate } from '../optimizer/lr_schedule.js';
import {
  sampleRows,
  type HeldOutImage,
  type Method,
  type MethodContext,
  type ValidationPair,
  type ValidationResult,
} from './method.js';
import { microImages, microRange } from '../optimizer/micro_batches.js';
import { startingTree } from '../models/starting_tree.js';
import { adamwScalars } from '../optimizer/adamw.js';
import { defineNetworks, EMA, stateGroups } from '../optimizer/outline.js';
import { RestoreValidation, restorePair } from '../training/restore_validation.js';
import { createUpdate, type Update } from '../optimizer/update.js';
import { adamwConfig } from '../optimizer/adamw_config.js';
import { outlineResShift, TEACHER, type ResShiftOutline } from './resshift_outline.js';

/** Trains a ResShift network; its moving average becomes the teacher of a distillation. */
export class ResShiftMethod implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['loss'];
  private update: Update | undefined;
  private readonly teacher: Pass;
  private readonly oneStep: Pass;
  private readonly validation: RestoreValidation;

  private constructor(
    private readonly context: MethodContext,
    private readonly outline: ResShiftOutline,
    readonly autoencoder: Weighted<AutoencoderConfig> | undefined,
  ) {
    const { model } = outline.setup;
    this.stateGroups = stateGroups(outline);
    this.teacher = multiStepPass(context.engine, model, 'stochastic', EMA);
    this.oneStep = oneStepPass(context.engine, model, EMA);
    this.validation = new RestoreValidation(context.engine, context.measures);
  }

  static async create(context: MethodContext): Promise<ResShiftMethod> {
    return new ResShiftMethod(context, outlineResShift(context.config), await readAutoencoder(context.config));
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
      [TEACHER]: async () => treeToMemory(await start()),
      [AUTOENCODER_GROUP]: () => treeToMemory(this.autoencoder!.tree),
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { config, batches } = this.context;
    const { train, data, seed } = config;
    const { lqSide, latent, model } = this.outline.setup;
    const { updates, microBatches } = this.outline;
    this.update ??= createUpdate(this.context.engine, updates.teacher.spec, microBatches, train.weightDecay > 0);
    const batch = await batches.batch(iteration - 1);
    const lr = learningRate(train.scheduler, train.lr, iteration);
    const key = { seed, update: TEACHER, iteration };
    const timesteps = [...model.process.schedule.timestepMap.keys()];
    const microBatch = (index: number): Promise<Record<string, HostArray>> => {
      const range = microRange(index, train.microBatch);
      return Promise.resolve({
        hr: microImages(batch.hr, data.gtSize, range),
        lq: microImages(batch.lq, lqSide, range),
        t: drawChoice(key, 't', range, timesteps),
        noise: drawNormal(key, 'noise', range, latent),
      });
    };
    const { terms, gradNorms } = await this.update.run(
      microBatch,
      () => adamwScalars(adamwConfig(train), lr, iteration),
      train.ema,
    );
    return { ...terms, gradNorm: gradNorms[TEACHER]!, lr };
  }

  validate(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.validation.validate(this.teacher, pairs);
  }

  sample(images: readonly HeldOutImage[]): Promise<{ rows: GridRow[]; columns: string[] }> {
    return sampleRows(images, ['1 step', `${this.teacher.evaluations} steps`], async (image) => [
      await restorePair(this.oneStep, image),
      await restorePair(this.teacher, image),
    ]);
  }
}
