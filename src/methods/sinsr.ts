/** @file `method: sinsr`: a student that does in one step what its teacher does in T deterministic ones (arXiv 2311.14760). */
import { AUTOENCODER_GROUP } from '../autoencoder/first_stage.js';
import { readAutoencoder } from '../autoencoder/read.js';
import type { RunConfig } from '../config/schema.js';
import type { HostArray } from '../engine/host_array.js';
import { treeToMemory } from '../models/layout.js';
import type { Weighted } from '../models/model.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { unetSpecs } from '../nn/unet_specs.js';
import type { SampleRange } from '../optimizer/draws.js';
import { defineNetworks, EMA, stateGroups, type Outline, type OutlinedUpdate } from '../optimizer/outline.js';
import { createUpdate, type Update } from '../optimizer/update.js';
import { oneStepPass } from '../student/pass.js';
import { sinsrUpdateSpec } from '../student/sinsr_update.js';
import { STUDENT_GROUP } from '../student/update.js';
import { walkNoise } from '../student/walk_inputs.js';
import { latentSetup, outlinedAutoencoder, type LatentSetup } from '../teacher/latent_setup.js';
import { multiStepPass } from '../teacher/pass.js';
import { readTeacher } from '../teacher/read.js';
import { TEACHER_GROUP } from '../teacher/update.js';
import { createWalk, teacherWalk, type LatentWalk } from '../teacher/walk.js';
import { onlyUpdate, pairFeeds } from './iteration.js';
import type { Method, MethodContext, MethodEntry, Restoration } from './method.js';
import { outlinedWalk } from './outlined_walk.js';
import { passRestoration } from './pass_restoration.js';

/** SinSR. */
export const sinsrMethod: MethodEntry = {
  outline: outlineSinsr,
  create: async (context) => new Sinsr(context, await readAutoencoder(context.config)),
  product: ({ diffusion }) => ({ kind: 'student', timesteps: [diffusion.steps - 1] }),
};

interface SinsrOutline extends Outline {
  readonly setup: LatentSetup;
  readonly updates: Readonly<Record<'student', OutlinedUpdate>>;
}

function outlineSinsr(config: RunConfig): SinsrOutline {
  const setup = latentSetup(config);
  const { model, lqSide } = setup;
  const { batch, microBatch } = config.train;
  const plan = teacherWalk(model.process, config.sinsr.sampler);
  const specs = unetSpecs(model.unet);
  return {
    setup,
    networks: [
      { group: TEACHER_GROUP, specs, role: 'frozen' },
      { group: STUDENT_GROUP, specs, role: 'averaged' },
      ...outlinedAutoencoder(setup),
    ],
    updates: { student: { spec: sinsrUpdateSpec(config, setup), times: 1 } },
    programs: outlinedWalk(model, plan, TEACHER_GROUP, {
      batch: { count: microBatch, height: lqSide, width: lqSide },
      walks: batch / microBatch,
    }),
    microBatches: batch / microBatch,
  };
}

class Sinsr implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['distillation', 'inverse', 'groundTruth'];
  readonly reference: Restoration;
  private readonly student: Restoration;
  private readonly outline: SinsrOutline;
  private readonly teacher: LatentWalk;
  private update: Update | undefined;

  constructor(
    private readonly context: MethodContext,
    readonly autoencoder: Weighted<AutoencoderConfig> | undefined,
  ) {
    const { engine, config } = context;
    this.outline = outlineSinsr(config);
    const { model } = this.outline.setup;
    this.stateGroups = stateGroups(this.outline);
    this.teacher = createWalk(engine, model, teacherWalk(model.process, config.sinsr.sampler), TEACHER_GROUP);
    this.reference = passRestoration(multiStepPass(engine, model, 'stochastic', TEACHER_GROUP), 'teacher');
    this.student = passRestoration(oneStepPass(engine, model, EMA), 'student');
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const teacher = treeToMemory(await readTeacher(config));
    await defineNetworks(engine, this.outline, {
      [TEACHER_GROUP]: () => teacher,
      [STUDENT_GROUP]: () => teacher,
      [AUTOENCODER_GROUP]: () => treeToMemory(this.autoencoder!.tree),
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { config, engine, batches } = this.context;
    const { updates, microBatches, setup } = this.outline;
    this.update ??= createUpdate(engine, updates.student.spec, microBatches, config.train.weightDecay > 0);
    const batch = await batches.batch(iteration - 1);
    const feeds = pairFeeds(config, setup.lqSide, batch, (range, lq) => this.targets(lq, iteration, range));
    return (await onlyUpdate(this.update, feeds, config, iteration)).numbers;
  }

  restoration(): Restoration {
    return this.student;
  }

  shown(): readonly Restoration[] {
    return [this.student, this.reference];
  }

  /** Prior samples of a micro-batch and where the teacher takes them. */
  private async targets(lq: HostArray, iteration: number, range: SampleRange): Promise<Record<string, HostArray>> {
    const noise = walkNoise({ seed: this.context.config.seed, update: STUDENT_GROUP, iteration }, range);
    let start: { zy: HostArray; zT: HostArray } | undefined;
    let teacher: HostArray | undefined;
    for await (const { zy, z, z0 } of this.teacher.steps(lq, noise)) {
      start ??= { zy, zT: z };
      teacher = z0;
    }
    return { ...start!, teacher: teacher! };
  }
}
