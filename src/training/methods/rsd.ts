/**
 * @file `method: rsd`: Residual Shifting Distillation (arXiv 2503.13358, algorithm 1): K fake updates, then one student update.
 */
import type { HostArray } from '../../engine/types.js';
import { ganHeadSpecs } from '../../fake/gan_head.js';
import type { AutoencoderConfig } from '../../nn/autoencoder_config.js';
import { AUTOENCODER_GROUP, multiStepPass, oneStepPass, type Pass } from '../../restore/passes.js';
import { widenByNoise } from '../../student/widen.js';
import { freshParams } from '../../weights/fresh.js';
import { treeToMemory } from '../../weights/layout.js';
import type { Weighted } from '../../weights/model_file.js';
import { drawChoice, drawNormal, type DrawKey, type SampleRange } from '../draws.js';
import type { GridRow } from '../image_grid.js';
import { readAutoencoder, readTeacher } from '../latent_setup.js';
import { learningRate } from '../lr_schedule.js';
import {
  gridImage,
  type Method,
  type MethodContext,
  type PairBatch,
  type ValidationPair,
  type ValidationResult,
} from '../method.js';
import { microImages, microRange } from '../micro_batches.js';
import { adamwScalars } from '../optimizer.js';
import { defineNetworks, EMA, stateGroups, type OutlinedUpdate } from '../outline.js';
import { PERCEPTUAL_GROUP, readResidentPerceptual } from '../resident_perceptual.js';
import { RestoreValidation, restorePair } from '../restore_validation.js';
import { createUpdate, type MicroBatch, type Update, type UpdateResult } from '../update.js';
import { adamwConfig } from './adamw_config.js';
import { outlineRsd, type RsdOutline } from './rsd_outline.js';
import { RsdGroup, studentUnet, usesLastPass } from './rsd_updates.js';

/** Both updates of one phase of the run: with all terms, or with the distillation loss alone. */
interface Updates {
  readonly fake: Update;
  readonly student: Update;
}

/** Distils a teacher into a one-step student. */
export class RsdMethod implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration: number;
  readonly shownTerms = ['student/loss', 'student/perceptual', 'fake/loss', 'fake/gan'];
  private readonly updates = new Map<boolean, Updates>();
  private readonly student: Pass;
  private readonly teacher: Pass;
  private readonly teacherImages = new Map<string, HostArray>();
  private readonly validation: RestoreValidation;

  private constructor(
    private readonly context: MethodContext,
    private readonly outline: RsdOutline,
    readonly autoencoder: Weighted<AutoencoderConfig> | undefined,
  ) {
    const { engine, config } = context;
    const { model, rsd, perceptual } = outline.context;
    this.stateGroups = stateGroups(outline);
    this.batchesPerIteration = config.rsd.fakeUpdates + 1;
    this.student = oneStepPass(engine, { ...model, unet: studentUnet({ model, rsd }) }, EMA);
    this.teacher = multiStepPass(engine, model, 'stochastic', RsdGroup.teacher);
    this.validation = new RestoreValidation(engine, perceptual);
  }

  static async create(context: MethodContext): Promise<RsdMethod> {
    return new RsdMethod(context, outlineRsd(context.config), await readAutoencoder(context.config));
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const teacher = await readTeacher(config);
    const memory = treeToMemory(teacher);
    await defineNetworks(engine, this.outline, {
      [RsdGroup.teacher]: () => memory,
      [RsdGroup.fake]: () => memory,
      [RsdGroup.student]: () => treeToMemory(widenByNoise(teacher, config.rsd.noiseChannels)),
      [RsdGroup.head]: () => treeToMemory(freshParams(ganHeadSpecs(this.outline.context.head!), config.seed)),
      [AUTOENCODER_GROUP]: () => treeToMemory(this.autoencoder!.tree),
      [PERCEPTUAL_GROUP]: () => readResidentPerceptual(config.rsd.perceptual),
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { train, rsd } = this.context.config;
    const { fakeUpdates, warmupFakeUpdates, fakeLr, distillIterations } = rsd;
    const updates = this.prepared(iteration > distillIterations);
    const optimizer = adamwConfig(train);
    const lr = learningRate(train.scheduler, train.lr, iteration);
    const lrFake = (lr * fakeLr) / train.lr;
    // Fake updates of the whole run are numbered 1, 2, ...; those of the warm-up belong to the first iteration.
    const last = warmupFakeUpdates + iteration * fakeUpdates;
    const first = iteration === 1 ? 1 : last - fakeUpdates + 1;
    let fake: UpdateResult | undefined;
    for (let step = first; step <= last; step++) {
      const batch = await this.context.batches.batch(step - 1 + iteration - 1);
      fake = await updates.fake.run(this.feeds(batch, 'fake', step), adamwScalars(optimizer, lrFake, step), 0);
    }
    const batch = await this.context.batches.batch(last + iteration - 1);
    const feeds = this.feeds(batch, 'student', iteration);
    const student = await updates.student.run(feeds, adamwScalars(optimizer, lr, iteration), train.ema);
    return { ...numbers('student', student), ...numbers('fake', fake!), 'lr/student': lr, 'lr/fake': lrFake };
  }

  validate(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.validation.validate(this.student, pairs);
  }

  validateTeacher(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.validation.validate(this.teacher, pairs);
  }

  async sample(pairs: readonly ValidationPair[]): Promise<{ rows: GridRow[]; columns: string[] }> {
    const rows: GridRow[] = [];
    for (const pair of pairs) {
      const teacher = this.teacherImages.get(pair.name) ?? (await restorePair(this.teacher, pair));
      this.teacherImages.set(pair.name, teacher);
      const images = [pair.lq, await restorePair(this.student, pair), teacher, pair.hr];
      rows.push({ label: pair.name, images: images.map(gridImage) });
    }
    return { rows, columns: ['LR', 'student, 1 step', `teacher, ${this.teacher.evaluations} steps`, 'HR'] };
  }

  /** Micro-batches of one update with all its draws. */
  private feeds(batch: PairBatch, update: 'fake' | 'student', iteration: number): MicroBatch {
    const { train, data, rsd, seed } = this.context.config;
    const { latent, lqSide, model } = this.outline.context;
    const key: DrawKey = { seed, update, iteration };
    const timesteps = [...model.process.schedule.timestepMap.keys()];
    return (index) => {
      const range = microRange(index, train.microBatch);
      return Promise.resolve({
        hr: microImages(batch.hr, data.gtSize, range),
        lq: microImages(batch.lq, lqSide, range),
        tn: drawChoice(key, 'tn', range, rsd.timesteps),
        t: drawChoice(key, 't', range, timesteps),
        noiseTn: drawNormal(key, 'noiseTn', range, latent),
        noiseT: drawNormal(key, 'noiseT', range, latent),
        ...this.studentNoise(key, 'eps', range),
        ...(update === 'student' && usesLastPass(this.outline.context)
          ? { noiseLast: drawNormal(key, 'noiseLast', range, latent), ...this.studentNoise(key, 'epsLast', range) }
          : {}),
      });
    };
  }

  private studentNoise(key: DrawKey, what: string, range: SampleRange): Record<string, HostArray> {
    const { noiseChannels } = this.context.config.rsd;
    const [height, width] = this.outline.context.latent;
    return noiseChannels === 0 ? {} : { [what]: drawNormal(key, what, range, [height, width, noiseChannels]) };
  }

  private prepared(allTerms: boolean): Updates {
    const known = this.updates.get(allTerms);
    if (known) return known;
    const { engine, config } = this.context;
    const { updates, microBatches } = outlineRsd(config, allTerms);
    const prepare = ({ spec }: OutlinedUpdate): Update =>
      createUpdate(engine, spec, microBatches, config.train.weightDecay > 0);
    const prepared = { fake: prepare(updates.fake), student: prepare(updates.student) };
    this.updates.set(allTerms, prepared);
    return prepared;
  }
}

function numbers(update: string, { terms, gradNorms }: UpdateResult): Record<string, number> {
  const named = (prefix: string, values: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]);
  return Object.fromEntries([...named(update, terms), ...named('gradNorm', gradNorms)]);
}
