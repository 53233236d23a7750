/** @file `method: resshift`: a teacher from scratch (ResShift's own training loss). */
import { qSample, scaleInput } from '../../diffusion/forward_process.js';
import { networkTimesteps } from '../../diffusion/lookup.js';
import { trainingTarget } from '../../diffusion/parameterisation.js';
import { tf, type Params, type Tensor, type Tensors } from '../../engine/tfjs.js';
import type { HostArray } from '../../engine/types.js';
import { resshiftLoss } from '../../losses/resshift.js';
import { unet } from '../../nn/unet.js';
import { unetSpecs } from '../../nn/unet_specs.js';
import { firstStageOf, multiStepPass, oneStepPass, type Pass } from '../../restore/passes.js';
import { treeToMemory } from '../../weights/layout.js';
import { drawChoice, drawNormal } from '../draws.js';
import type { LossValue } from '../gradients.js';
import type { GridRow } from '../image_grid.js';
import { loadLatentSetup, type LatentSetup } from '../latent_setup.js';
import { learningRate } from '../lr_schedule.js';
import {
  EMA,
  freshTrainedGroups,
  gridImage,
  trainedGroups,
  type Method,
  type MethodContext,
  type ValidationPair,
  type ValidationResult,
} from '../method.js';
import { microImages, microRange } from '../micro_batches.js';
import { startingTree } from '../networks.js';
import { adamwScalars, momentsLike } from '../optimizer.js';
import { RestoreValidation, restorePair } from '../restore_validation.js';
import { createUpdate, type Update } from '../update.js';
import { adamwConfig } from './adamw_config.js';

const TEACHER = 'teacher';

/** Trains a ResShift network; its moving average becomes the teacher of a distillation. */
export class ResShiftMethod implements Method {
  readonly stateGroups = [...trainedGroups(TEACHER), EMA];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['loss'];
  readonly autoencoder;
  private update: Update | undefined;
  private readonly teacher: Pass;
  private readonly oneStep: Pass;
  private readonly validation: RestoreValidation;

  private constructor(
    private readonly context: MethodContext,
    private readonly setup: LatentSetup,
  ) {
    this.autoencoder = setup.autoencoder;
    this.teacher = multiStepPass(context.engine, setup.model, 'stochastic', EMA);
    this.oneStep = oneStepPass(context.engine, setup.model, EMA);
    this.validation = new RestoreValidation(context.engine, undefined);
  }

  static async create(context: MethodContext): Promise<ResShiftMethod> {
    return new ResShiftMethod(context, await loadLatentSetup(context.config));
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const { unet: network } = this.setup.model;
    const official = await startingTree(
      unetSpecs(network),
      config.seed,
      config.resshift.initFrom,
      (model) => model.unet,
      {
        unet: network,
        diffusion: config.diffusion,
      },
    );
    const tree = treeToMemory(official);
    await engine.define({ ...freshTrainedGroups(TEACHER, tree, momentsLike(tree)), [EMA]: tree, ...this.setup.groups });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { config, batches } = this.context;
    const { train, data, seed } = config;
    const { lqSide, latent, model } = this.setup;
    this.update ??= await this.prepare();
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
      adamwScalars(adamwConfig(train), lr, iteration),
      train.ema,
    );
    return { ...terms, gradNorm: gradNorms[TEACHER]!, lr };
  }

  validate(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.validation.validate(this.teacher, pairs);
  }

  async sample(pairs: readonly ValidationPair[]): Promise<{ rows: GridRow[]; columns: string[] }> {
    const rows: GridRow[] = [];
    for (const pair of pairs) {
      const images = [pair.lq, await restorePair(this.oneStep, pair), await restorePair(this.teacher, pair), pair.hr];
      rows.push({ label: pair.name, images: images.map(gridImage) });
    }
    return { rows, columns: ['LR', '1 step', `${this.teacher.evaluations} steps`, 'HR'] };
  }

  private prepare(): Promise<Update> {
    const { config, engine } = this.context;
    const { train, data } = config;
    const { latent, lqSide } = this.setup;
    const size = train.microBatch;
    const images = (side: number) => ({ shape: [size, side, side, 3], dtype: 'float32' }) as const;
    return createUpdate(
      engine,
      {
        name: 'teacher update',
        groups: [TEACHER],
        inputs: {
          hr: images(data.gtSize),
          lq: images(lqSide),
          t: { shape: [size], dtype: 'int32' },
          noise: { shape: [size, ...latent], dtype: 'float32' },
        },
        ema: { group: EMA, source: TEACHER },
        recompute: train.recompute,
        constants: ({ hr, lq }, state) => {
          const firstStage = firstStageOf(this.setup.model, state);
          return { z0: firstStage.encode(hr!), zy: firstStage.encodeLq(lq!) };
        },
        loss: (inputs, params, _, latents) => this.loss({ ...inputs, ...latents }, params[TEACHER]!),
      },
      train.batch / size,
      train.weightDecay > 0,
    );
  }

  private loss(inputs: Tensors, params: Params): LossValue {
    const { process, unet: network } = this.setup.model;
    const { schedule, config } = process;
    const { lq, t, noise, z0, zy } = inputs as Record<'lq' | 't' | 'noise' | 'z0' | 'zy', Tensor>;
    const x = scaleInput(schedule, qSample(schedule, z0, zy, t, noise), t);
    const output = unet(params, network, { x, t: networkTimesteps(schedule.timestepMap, t), lq });
    const target = trainingTarget(schedule, config.predictType, { z0, zy, t, noise });
    const weighted = this.context.config.resshift.weightedMse;
    const loss = tf.mean(resshiftLoss(schedule, config.predictType, { output, target, t, weighted }));
    return { total: loss, terms: { loss } };
  }
}
