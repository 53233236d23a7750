/**
 * @file `method: rsd`: Residual Shifting Distillation (arXiv 2503.13358, algorithm 1). An iteration makes K updates of the fake, a
 * ResShift trained on the student's outputs, then one of the student, which makes the fake match the teacher. VSD and SiD
 * are the same with another loss.
 */
import { AUTOENCODER_GROUP } from '../autoencoder/first_stage.js';
import { readAutoencoder } from '../autoencoder/read.js';
import type { RunConfig } from '../config/schema.js';
import type { HostArray } from '../engine/host_array.js';
import { ganHeadSpecs, HEAD_GROUP } from '../fake/gan_head.js';
import { FAKE_GROUP } from '../fake/update.js';
import { fakeFromTeacher, fakeUnet } from '../fake/widen.js';
import type { DistillationLoss } from '../losses/distillation_objective.js';
import { rsdLoss } from '../losses/rsd.js';
import { freshParams } from '../models/fresh.js';
import { treeToMemory } from '../models/layout.js';
import type { Weighted } from '../models/model.js';
import { PERCEPTUAL_GROUP, readResidentPerceptual, type ResidentPerceptual } from '../models/resident_perceptual.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { adamwConfig, adamwScalars, type AdamWScalars } from '../optimizer/adamw.js';
import { drawAll, type DrawKey } from '../optimizer/draws.js';
import { learningRate } from '../optimizer/lr_schedule.js';
import { defineNetworks, EMA, stateGroups, type OutlinedUpdate } from '../optimizer/outline.js';
import { createUpdate, type MicroBatch, type Update, type UpdateResult } from '../optimizer/update.js';
import { drawsOf } from '../student/distillation.js';
import { oneStepPass, studentPass } from '../student/pass.js';
import { STUDENT_GROUP } from '../student/update.js';
import { studentWalk } from '../student/walk.js';
import { walkInputs } from '../student/walk_inputs.js';
import { studentUnet, widenByNoise } from '../student/widen.js';
import { multiStepPass } from '../teacher/pass.js';
import { readTeacher } from '../teacher/read.js';
import { TEACHER_GROUP } from '../teacher/update.js';
import { createWalk, type LatentWalk } from '../teacher/walk.js';
import { namedNumbers, pairFeeds } from './iteration.js';
import type { Method, MethodContext, MethodEntry, PairBatch, Restoration } from './method.js';
import { passRestoration } from './pass_restoration.js';
import { outlineDistillation, type DistillationOutline } from './rsd_outline.js';

/** The gradient runs through z0_hat and through the input of both judges. */
export const rsd = (): DistillationLoss => rsdLoss;

/** Residual Shifting Distillation. */
export const rsdMethod = distillation(rsd);

/** Distillation against a fake. @param lossOf What the student minimises of the judges' estimates. */
export function distillation(lossOf: (config: RunConfig) => DistillationLoss): MethodEntry {
  return {
    outline: (config) => outlineDistillation(config, lossOf(config)),
    create: async (context) => new Distillation(context, lossOf(context.config), await readAutoencoder(context.config)),
    product: ({ rsd: { noiseChannels, timesteps } }) => ({ kind: 'student', noiseChannels, timesteps }),
  };
}

/** Both updates of one phase of the run: with all terms, or with the distillation loss alone. */
interface Updates {
  readonly fake: Update;
  readonly student: Update;
}

class Distillation implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration: number;
  readonly shownTerms = ['student/loss', 'student/perceptual', 'fake/loss', 'fake/gan'];
  readonly perceptual: ResidentPerceptual | undefined;
  readonly reference: Restoration;
  private readonly student: Restoration;
  private readonly outline: DistillationOutline;
  private readonly updates = new Map<boolean, Updates>();
  /** The student's own way to its inputs; absent if these come from HR images. */
  private readonly walk: LatentWalk | undefined;

  constructor(
    private readonly context: MethodContext,
    private readonly loss: DistillationLoss,
    readonly autoencoder: Weighted<AutoencoderConfig> | undefined,
  ) {
    const { engine, config } = context;
    const { timesteps, renoise, inputs, validateSteps, fakeUpdates, noiseChannels } = config.rsd;
    this.outline = outlineDistillation(config, loss);
    const { model, perceptual } = this.outline.context;
    const student = { ...model, unet: studentUnet(model.unet, noiseChannels) };
    this.stateGroups = stateGroups(this.outline);
    this.batchesPerIteration = fakeUpdates + 1;
    this.perceptual = perceptual;
    this.reference = passRestoration(multiStepPass(engine, model, 'stochastic', TEACHER_GROUP), 'teacher');
    const pass =
      validateSteps === 'one'
        ? oneStepPass(engine, student, EMA)
        : studentPass(engine, student, timesteps, renoise, EMA);
    this.student = passRestoration(pass, 'student');
    const plan = studentWalk(model.process, timesteps, renoise);
    this.walk = inputs === 'generated' ? createWalk(engine, student, plan, STUDENT_GROUP) : undefined;
  }

  /** Fake and student start as the teacher, which stays frozen. */
  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const { model, head } = this.outline.context;
    const teacher = await readTeacher(config);
    const fake = fakeUnet(model.unet, config.rsd.conditionFake);
    await defineNetworks(engine, this.outline, {
      [TEACHER_GROUP]: () => treeToMemory(teacher),
      [FAKE_GROUP]: () => treeToMemory(fakeFromTeacher(teacher, fake)),
      [STUDENT_GROUP]: () => treeToMemory(widenByNoise(teacher, config.rsd.noiseChannels)),
      [HEAD_GROUP]: () => treeToMemory(freshParams(ganHeadSpecs(head!), config.seed)),
      [AUTOENCODER_GROUP]: () => treeToMemory(this.autoencoder!.tree),
      [PERCEPTUAL_GROUP]: () => readResidentPerceptual(config.rsd.perceptual),
    });
  }

  /** Algorithm 1: K updates of the fake on what the student makes of fresh batches, then one of the student. */
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
        adamwScalars(optimizer, lrFake, group === HEAD_GROUP ? step - beforeHead : step);
      fake = await updates.fake.run(this.feeds(batch, 'fake', step), scalars, 0);
    }
    const batch = await this.context.batches.batch(last + iteration - 1);
    const feeds = this.feeds(batch, 'student', iteration);
    const student = await updates.student.run(feeds, () => adamwScalars(optimizer, lr, iteration), train.ema);
    return { ...namedNumbers('student', student), ...namedNumbers('fake', fake!), 'lr/student': lr, 'lr/fake': lrFake };
  }

  restoration(): Restoration {
    return this.student;
  }

  shown(): readonly Restoration[] {
    return [this.student, this.reference];
  }

  /** Micro-batches of one update with all its draws; the student's noisy inputs too where it makes them itself. */
  private feeds(batch: PairBatch, update: 'fake' | 'student', iteration: number): MicroBatch {
    const { config } = this.context;
    const { context } = this.outline;
    const key: DrawKey = { seed: config.seed, update, iteration };
    const draws = drawsOf(context, update);
    return pairFeeds(config, context.lqSide, batch, async (range, lq): Promise<Record<string, HostArray>> => {
      const drawn = drawAll(draws, key, range);
      if (!this.walk) return drawn;
      return { ...drawn, ztn: await walkInputs(this.walk, lq, drawn['tn']!, key, range) };
    });
  }

  private prepared(allTerms: boolean): Updates {
    const known = this.updates.get(allTerms);
    if (known) return known;
    const { engine, config } = this.context;
    const { updates, microBatches } = outlineDistillation(config, this.loss, allTerms);
    const prepare = ({ spec }: OutlinedUpdate): Update =>
      createUpdate(engine, spec, microBatches, config.train.weightDecay > 0);
    const prepared = { fake: prepare(updates.fake), student: prepare(updates.student) };
    this.updates.set(allTerms, prepared);
    return prepared;
  }
}
