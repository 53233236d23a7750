/**
 * @file `method: rsd`: Residual Shifting Distillation (arXiv 2503.13358, algorithm 1): K fake updates, then one student update.
 */
import type { RsdConfig } from '../../config/schema.js';
import type { Tensor } from '../../engine/tfjs.js';
import type { HostArray, StateAccess, TensorSpec } from '../../engine/types.js';
import { ganHeadSpecs, type GanHeadConfig } from '../../fake/gan_head.js';
import { weightedSum } from '../../losses/weighted_sum.js';
import type { UNetConfig } from '../../nn/unet_config.js';
import { firstStageOf, multiStepPass, oneStepPass, type Pass } from '../../restore/passes.js';
import { widenByNoise } from '../../student/widen.js';
import { freshParams } from '../../weights/fresh.js';
import { treeToMemory } from '../../weights/layout.js';
import { drawChoice, drawNormal, type DrawKey, type SampleRange } from '../draws.js';
import type { GridRow } from '../image_grid.js';
import { loadLatentSetup, readTeacher, type LatentSetup } from '../latent_setup.js';
import { learningRate } from '../lr_schedule.js';
import {
  EMA,
  freshTrainedGroups,
  gridImage,
  trainedGroups,
  type Method,
  type MethodContext,
  type PairBatch,
  type ValidationPair,
  type ValidationResult,
} from '../method.js';
import { microImages, microRange } from '../micro_batches.js';
import { adamwScalars, momentsLike } from '../optimizer.js';
import { loadPerceptual, type ResidentPerceptual } from '../resident_perceptual.js';
import { RestoreValidation, restorePair } from '../restore_validation.js';
import {
  drawFakeSample,
  encodeBatch,
  fakeLosses,
  studentLosses,
  type FakeSample,
  type BatchLatents,
  type RsdModel,
  type StudentInputs,
  type StudentObjective,
} from '../rsd_losses.js';
import { createUpdate, type Update, type UpdateResult } from '../update.js';
import { adamwConfig } from './adamw_config.js';

const TEACHER = 'teacher';
const STUDENT = 'student';
const FAKE = 'fake';
const HEAD = 'head';

/** Channels per norm group that the discriminator head keeps at least: a 1x1 map of one channel would vanish. */
const HEAD_GROUP_CHANNELS = 4;

/** The discriminator head that a fake network of this structure gets. */
export function ganHeadConfig(kind: GanHeadConfig['kind'], unet: UNetConfig): GanHeadConfig {
  const channels = unet.modelChannels * unet.channelMult.at(-1)!;
  return { kind, channels, groups: Math.min(unet.normGroups, channels / HEAD_GROUP_CHANNELS) };
}

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
  readonly autoencoder;
  private readonly rsd: RsdConfig;
  private readonly studentUnet: UNetConfig;
  private readonly head: GanHeadConfig | undefined;
  private readonly updates = new Map<boolean, Updates>();
  private readonly student: Pass;
  private readonly teacher: Pass;
  private readonly teacherImages = new Map<string, HostArray>();
  private readonly validation: RestoreValidation;

  private constructor(
    private readonly context: MethodContext,
    private readonly setup: LatentSetup,
    private readonly perceptual: ResidentPerceptual | undefined,
  ) {
    const { engine, config } = context;
    this.rsd = config.rsd;
    this.autoencoder = setup.autoencoder;
    this.studentUnet = { ...setup.model.unet, noiseChannels: this.rsd.noiseChannels };
    this.head = this.rsd.gan.weight > 0 ? ganHeadConfig(this.rsd.gan.head, setup.model.unet) : undefined;
    this.stateGroups = [STUDENT, FAKE, ...(this.head ? [HEAD] : [])].flatMap(trainedGroups).concat(EMA);
    this.batchesPerIteration = this.rsd.fakeUpdates + 1;
    this.student = oneStepPass(engine, { ...setup.model, unet: this.studentUnet }, EMA);
    this.teacher = multiStepPass(engine, setup.model, 'stochastic', TEACHER);
    this.validation = new RestoreValidation(engine, perceptual);
  }

  static async create(context: MethodContext): Promise<RsdMethod> {
    const setup = await loadLatentSetup(context.config);
    return new RsdMethod(context, setup, await loadPerceptual(context.config.rsd.perceptual));
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const official = await readTeacher(config);
    const teacher = treeToMemory(official);
    const student = treeToMemory(widenByNoise(official, this.rsd.noiseChannels));
    const head = this.head && treeToMemory(freshParams(ganHeadSpecs(this.head), config.seed));
    await engine.define({
      [TEACHER]: teacher,
      ...freshTrainedGroups(STUDENT, student, momentsLike(student)),
      ...freshTrainedGroups(FAKE, teacher, momentsLike(teacher)),
      ...(head ? freshTrainedGroups(HEAD, head, momentsLike(head)) : {}),
      [EMA]: student,
      ...this.setup.groups,
      ...this.perceptual?.groups,
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { train } = this.context.config;
    const { fakeUpdates, warmupFakeUpdates, fakeLr, distillIterations } = this.rsd;
    const updates = await this.prepared(iteration > distillIterations);
    const optimizer = adamwConfig(train);
    const lr = learningRate(train.scheduler, train.lr, iteration);
    const lrFake = (lr * fakeLr) / train.lr;
    // Fake updates of the whole run are numbered 1, 2, ...; those of the warm-up belong to the first iteration.
    const last = warmupFakeUpdates + iteration * fakeUpdates;
    const first = iteration === 1 ? 1 : last - fakeUpdates + 1;
    let fake: UpdateResult | undefined;
    for (let step = first; step <= last; step++) {
      const batch = await this.context.batches.batch(step - 1 + iteration - 1);
      fake = await updates.fake.run(this.feeds(batch, FAKE, step), adamwScalars(optimizer, lrFake, step), 0);
    }
    const batch = await this.context.batches.batch(last + iteration - 1);
    const feeds = this.feeds(batch, STUDENT, iteration);
    const student = await updates.student.run(feeds, adamwScalars(optimizer, lr, iteration), train.ema);
    return { ...numbers(STUDENT, student), ...numbers(FAKE, fake!), 'lr/student': lr, 'lr/fake': lrFake };
  }

  validate(pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    return this.validation.validate(this.student, pairs);
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
  private feeds(batch: PairBatch, update: typeof FAKE | typeof STUDENT, iteration: number) {
    const { train, data, seed } = this.context.config;
    const { latent, lqSide, model } = this.setup;
    const key: DrawKey = { seed, update, iteration };
    const timesteps = [...model.process.schedule.timestepMap.keys()];
    return (index: number): Promise<Record<string, HostArray>> => {
      const range = microRange(index, train.microBatch);
      return Promise.resolve({
        hr: microImages(batch.hr, data.gtSize, range),
        lq: microImages(batch.lq, lqSide, range),
        tn: drawChoice(key, 'tn', range, this.rsd.timesteps),
        t: drawChoice(key, 't', range, timesteps),
        noiseTn: drawNormal(key, 'noiseTn', range, latent),
        noiseT: drawNormal(key, 'noiseT', range, latent),
        ...this.studentNoise(key, 'eps', range),
        ...(update === STUDENT && this.usesLastPass
          ? { noiseLast: drawNormal(key, 'noiseLast', range, latent), ...this.studentNoise(key, 'epsLast', range) }
          : {}),
      });
    };
  }

  private studentNoise(key: DrawKey, what: string, range: SampleRange): Record<string, HostArray> {
    const { noiseChannels } = this.rsd;
    const [height, width] = this.setup.latent;
    return noiseChannels === 0 ? {} : { [what]: drawNormal(key, what, range, [height, width, noiseChannels]) };
  }

  private get usesLastPass(): boolean {
    return this.perceptual !== undefined && this.rsd.perceptual.from === 'last';
  }

  private async prepared(allTerms: boolean): Promise<Updates> {
    const known = this.updates.get(allTerms);
    if (known) return known;
    const { engine, config } = this.context;
    const { train } = config;
    const { noiseLast, epsLast, ...fakeInputs } = this.inputSpecs();
    const lastPass = allTerms && this.usesLastPass;
    const parts = train.batch / train.microBatch;
    const decay = train.weightDecay > 0;
    const gan = allTerms && this.head !== undefined;
    const phase = allTerms ? '' : ' (distillation only)';
    const fake = await createUpdate(
      engine,
      {
        name: `fake update${phase}`,
        groups: gan ? [FAKE, HEAD] : [FAKE],
        inputs: fakeInputs,
        constants: (inputs, state) => ({
          ...drawFakeSample(this.model(state), state.read(STUDENT), inputs as unknown as StudentInputs),
        }),
        loss: (inputs, params, state, sample) => {
          const given = { fake: params[FAKE]!, head: params[HEAD] };
          const terms = fakeLosses(
            this.model(state),
            given,
            sample as unknown as FakeSample,
            inputs as unknown as StudentInputs,
          );
          return { total: weightedSum(terms, { gan: this.rsd.gan.weight }), terms };
        },
      },
      parts,
      decay,
    );
    const student = await createUpdate(
      engine,
      {
        name: `student update${phase}`,
        groups: [STUDENT],
        inputs: { ...fakeInputs, ...(lastPass ? { noiseLast: noiseLast!, ...(epsLast ? { epsLast } : {}) } : {}) },
        ema: { group: EMA, source: STUDENT },
        constants: (inputs, state) => ({ ...encodeBatch(this.model(state), inputs as unknown as StudentInputs) }),
        loss: (inputs, params, state, latents) => {
          const judges = {
            teacher: state.read(TEACHER),
            fake: state.read(FAKE),
            ...(gan ? { head: state.read(HEAD) } : {}),
          };
          const terms = studentLosses(
            this.model(state),
            { student: params[STUDENT]!, ...judges },
            latents as unknown as BatchLatents,
            inputs as unknown as StudentInputs,
            this.objective(state, allTerms),
          );
          const { gan: ganTerm, perceptual, mse } = this.rsd;
          const weights = { gan: ganTerm.weight, perceptual: perceptual.weight, mse: mse.weight };
          return { total: weightedSum(terms, weights), terms };
        },
      },
      parts,
      decay,
    );
    const updates = { fake, student };
    this.updates.set(allTerms, updates);
    return updates;
  }

  private objective(state: StateAccess, allTerms: boolean): StudentObjective {
    const { powerTen, sidNormalization, mse, perceptual } = this.rsd;
    const distillation = { kind: { name: 'rsd' }, powerTen, sidNormalization } as const;
    if (!allTerms) return { distillation, gan: false };
    return {
      distillation,
      gan: this.head !== undefined,
      ...(this.perceptual
        ? {
            perceptual: {
              metric: (decoded: Tensor, hr: Tensor) => this.perceptual!.distance(state, decoded, hr),
              from: perceptual.from,
            },
          }
        : {}),
      ...(mse.weight > 0 ? { mse: { space: mse.space } } : {}),
    };
  }

  private model(state: StateAccess): RsdModel {
    const { process, unet } = this.setup.model;
    return {
      process,
      unet,
      studentUnet: this.studentUnet,
      firstStage: firstStageOf(this.setup.model, state),
      head: this.head,
    };
  }

  private inputSpecs(): Record<string, TensorSpec> {
    const { train, data } = this.context.config;
    const { latent, lqSide } = this.setup;
    const { noiseChannels } = this.rsd;
    const size = train.microBatch;
    const float = (...shape: readonly number[]): TensorSpec => ({ shape: [size, ...shape], dtype: 'float32' });
    const timestep: TensorSpec = { shape: [size], dtype: 'int32' };
    const eps = float(latent[0], latent[1], noiseChannels);
    return {
      hr: float(data.gtSize, data.gtSize, 3),
      lq: float(lqSide, lqSide, 3),
      tn: timestep,
      t: timestep,
      noiseTn: float(...latent),
      noiseT: float(...latent),
      noiseLast: float(...latent),
      ...(noiseChannels > 0 ? { eps, epsLast: eps } : {}),
    };
  }
}

function numbers(update: string, { terms, gradNorms }: UpdateResult): Record<string, number> {
  const named = (prefix: string, values: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]);
  return Object.fromEntries([...named(update, terms), ...named('gradNorm', gradNorms)]);
}
