/** @file `method: sinsr`: a student that does in one step what its teacher does in T deterministic ones (arXiv 2311.14760). */
import type { HostArray } from '../engine/types.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { createWalk, teacherWalk, type LatentWalk } from '../teacher/walk.js';
import { oneStepPass } from '../teacher/pass.js';
import { AUTOENCODER_GROUP } from '../teacher/restoration_model.js';
import { treeToMemory } from '../models/layout.js';
import type { Weighted } from '../models/model_file.js';
import type { GridRow } from '../images/image_grid.js';
import { readAutoencoder, readTeacher } from '../teacher/latent_setup.js';
import { learningRate } from '../optimizer/lr_schedule.js';
import type { HeldOutImage, Method, MethodContext, ValidationPair, ValidationResult } from './method.js';
import { microImages, microRange } from '../optimizer/micro_batches.js';
import { adamwScalars } from '../optimizer/adamw.js';
import { defineNetworks, EMA, stateGroups } from '../optimizer/outline.js';
import { StudentViews } from '../training/student_views.js';
import { createUpdate, type Update } from '../optimizer/update.js';
import { walkNoise } from '../student/walk_inputs.js';
import { adamwConfig } from '../optimizer/adamw_config.js';
import { outlineSinsr, SinsrGroup, type SinsrOutline } from './sinsr_outline.js';

/** Distils a teacher by regression onto its own results. */
export class SinsrMethod implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['distillation', 'inverse', 'groundTruth'];
  private readonly teacher: LatentWalk;
  private readonly views: StudentViews;
  private update: Update | undefined;

  private constructor(
    private readonly context: MethodContext,
    private readonly outline: SinsrOutline,
    readonly autoencoder: Weighted<AutoencoderConfig> | undefined,
  ) {
    const { engine, config } = context;
    const { model } = outline.setup;
    this.stateGroups = stateGroups(outline);
    this.teacher = createWalk(engine, model, teacherWalk(model.process, config.sinsr.sampler), SinsrGroup.teacher);
    const student = oneStepPass(engine, model, EMA);
    this.views = new StudentViews(engine, model, SinsrGroup.teacher, student, context.measures);
  }

  static async create(context: MethodContext): Promise<SinsrMethod> {
    return new SinsrMethod(context, outlineSinsr(context.config), await readAutoencoder(context.config));
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const teacher = treeToMemory(await readTeacher(config));
    await defineNetworks(engine, this.outline, {
      [SinsrGroup.teacher]: () => teacher,
      [SinsrGroup.student]: () => teacher,
      [AUTOENCODER_GROUP]: () => treeToMemory(this.autoencoder!.tree),
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { config, engine, batches } = this.context;
    const { train, data } = config;
    const { updates, microBatches, setup } = this.outline;
    this.update ??= createUpdate(engine, updates.student.spec, microBatches, train.weightDecay > 0);
    const batch = await batches.batch(iteration - 1);
    const lr = learningRate(train.scheduler, train.lr, iteration);
    const microBatch = async (index: number): Promise<Record<string, HostArray>> => {
      const range = microRange(index, train.microBatch);
      const lq = microImages(batch.lq, setup.lqSide, range);
      return { hr: microImages(batch.hr, data.gtSize, range), lq, ...(await this.targets(lq, iteration, index)) };
    };
    const { terms, gradNorms } = await this.update.run(
      microBatch,
      () => adamwScalars(adamwConfig(train), lr, iteration),
      train.ema,
    );
    return { ...terms, gradNorm: gradNorms[SinsrGroup.student]!, lr };
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

  /** Prior samples of a micro-batch and where the teacher takes them. */
  private async targets(lq: HostArray, iteration: number, index: number): Promise<Record<string, HostArray>> {
    const { train, seed } = this.context.config;
    const noise = walkNoise({ seed, update: SinsrGroup.student, iteration }, microRange(index, train.microBatch));
    let start: { zy: HostArray; zT: HostArray } | undefined;
    let teacher: HostArray | undefined;
    for await (const { zy, z, z0 } of this.teacher.steps(lq, noise)) {
      start ??= { zy, zT: z };
      teacher = z0;
    }
    return { ...start!, teacher: teacher! };
  }
}
