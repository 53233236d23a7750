/**
 * @file Distillation against a fake network, of methods rsd, vsd and sid: K fake updates, then one student update. What a
 * method minimises is in its own file; everything else is the same.
 */
import type { HostArray } from '../engine/types.js';
import { ganHeadSpecs } from '../fake/gan_head.js';
import { fakeFromTeacher } from '../fake/widen.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { createWalk, studentWalk, type LatentWalk } from '../teacher/walk.js';
import { oneStepPass, studentPass } from '../teacher/pass.js';
import { AUTOENCODER_GROUP } from '../teacher/restoration_model.js';
import { widenByNoise } from '../student/widen.js';
import { freshParams } from '../models/fresh.js';
import { treeToMemory } from '../models/layout.js';
import type { Weighted } from '../models/model_file.js';
import type { DrawKey } from '../optimizer/draws.js';
import type { GridRow } from '../images/image_grid.js';
import { readAutoencoder, readTeacher } from '../teacher/latent_setup.js';
import { learningRate } from '../optimizer/lr_schedule.js';
import type { HeldOutImage, Method, MethodContext, PairBatch, ValidationPair, ValidationResult } from './method.js';
import { microImages, microRange } from '../optimizer/micro_batches.js';
import { adamwScalars, type AdamWScalars } from '../optimizer/adamw.js';
import { defineNetworks, EMA, stateGroups, type OutlinedUpdate } from '../optimizer/outline.js';
import { PERCEPTUAL_GROUP, readResidentPerceptual } from '../models/resident_perceptual.js';
import { StudentViews } from '../training/student_views.js';
import { createUpdate, type MicroBatch, type Update, type UpdateResult } from '../optimizer/update.js';
import { walkInputs } from '../student/walk_inputs.js';
import { adamwConfig } from '../optimizer/adamw_config.js';
import { drawAll } from '../student/draws.js';
import { outlineDistillation, type DistillationOutline } from './distillation_outline.js';
import { drawsOf, fakeUnet, RsdGroup, studentUnet } from './distillation_updates.js';

/** Both updates of one phase of the run: with all terms, or with the distillation loss alone. */
interface Updates {
  readonly fake: Update;
  readonly student: Update;
}

/** Distils a teacher into a one-step student. */
export class DistillationMethod implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration: number;
  readonly shownTerms = ['student/loss', 'student/perceptual', 'fake/loss', 'fake/gan'];
  private readonly updates = new Map<boolean, Updates>();
  private readonly views: StudentViews;
  /** The student's own way to its inputs; absent if these come from HR images. */
  private readonly walk: LatentWalk | undefined;

  private constructor(
    private readonly context: MethodContext,
    private readonly outline: DistillationOutline,
    readonly autoencoder: Weighted<AutoencoderConfig> | undefined,
  ) {
    const { engine, config } = context;
    const { model, rsd, perceptual } = outline.context;
    const { timesteps, renoise, inputs, validateSteps } = config.rsd;
    const student = { ...model, unet: studentUnet({ model, rsd }) };
    this.stateGroups = stateGroups(outline);
    this.batchesPerIteration = config.rsd.fakeUpdates + 1;
    const pass =
      validateSteps === 'one'
        ? oneStepPass(engine, student, EMA)
        : studentPass(engine, student, timesteps, renoise, EMA);
    this.views = new StudentViews(engine, model, RsdGroup.teacher, pass, context.measures, perceptual);
    const plan = studentWalk(model.process, timesteps, renoise);
    this.walk = inputs === 'generated' ? createWalk(engine, student, plan, RsdGroup.student) : undefined;
  }

  static async create(context: MethodContext): Promise<DistillationMethod> {
    const outline = outlineDistillation(context.config);
    return new DistillationMethod(context, outline, await readAutoencoder(context.config));
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const teacher = await readTeacher(config);
    await defineNetworks(engine, this.outline, {
      [RsdGroup.teacher]: () => treeToMemory(teacher),
      [RsdGroup.fake]: () => treeToMemory(fakeFromTeacher(teacher, fakeUnet(this.outline.context))),
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
    // The head joins when all terms do.
    const beforeHead = distillIterations > 0 ? warmupFakeUpdates + distillIterations * fakeUpdates : 0;
    let fake: UpdateResult | undefined;
    for (let step = first; step <= last; step++) {
      const batch = await this.context.batches.batch(step - 1 + iteration - 1);
      const scalars = (group: string): AdamWScalars =>
        adamwScalars(optimizer, lrFake, group === RsdGroup.head ? step - beforeHead : step);
      fake = await updates.fake.run(this.feeds(batch, 'fake', step), scalars, 0);
    }
    const batch = await this.context.batches.batch(last + iteration - 1);
    const feeds = this.feeds(batch, 'student', iteration);
    const student = await updates.student.run(feeds, () => adamwScalars(optimizer, lr, iteration), train.ema);
    return { ...numbers('student', student), ...numbers('fake', fake!), 'lr/student': lr, 'lr/fake': lrFake };
  }

  validate(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.views.validate(pairs);
  }

  validateTeacher(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.views.validateTeacher(pairs);
  }

  sample(images: readonly HeldOutImage[]): Promise<{ rows: GridRow[]; columns: string[] }> {
    return this.views.sample(images);
  }

  /** Micro-batches of one update with all its draws. */
  private feeds(batch: PairBatch, update: 'fake' | 'student', iteration: number): MicroBatch {
    const { train, data, seed } = this.context.config;
    const key: DrawKey = { seed, update, iteration };
    const draws = drawsOf(this.outline.context, update);
    return async (index) => {
      const range = microRange(index, train.microBatch);
      const lq = microImages(batch.lq, this.outline.context.lqSide, range);
      const drawn = drawAll(draws, key, range);
      const walked: Record<string, HostArray> = this.walk
        ? { ztn: await walkInputs(this.walk, lq, drawn['tn']!, key, range) }
        : {};
      return { hr: microImages(batch.hr, data.gtSize, range), lq, ...drawn, ...walked };
    };
  }

  private prepared(allTerms: boolean): Updates {
    const known = this.updates.get(allTerms);
    if (known) return known;
    const { engine, config } = this.context;
    const { updates, microBatches } = outlineDistillation(config, allTerms);
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
