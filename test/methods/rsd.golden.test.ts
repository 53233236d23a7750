/** @file Whole distillations against golden data: run A (distillation alone) and run B (with GAN and LPIPS). */
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf } from '../../src/engine/tfjs.js';
import type { EngineKind } from '../../src/engine/types.js';
import { ganHeadSpecs, HEAD_GROUP } from '../../src/fake/gan_head.js';
import { FAKE_GROUP } from '../../src/fake/update.js';
import { lpipsSpecs } from '../../src/losses/lpips.js';
import { perceptualMetrics } from '../../src/losses/perceptual.js';
import { rsdLoss } from '../../src/losses/rsd.js';
import { fakeUpdateSpec } from '../../src/methods/rsd_outline.js';
import { treeToMemory, treeToOfficial } from '../../src/models/layout.js';
import { matchParams } from '../../src/models/match.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { adamwScalars } from '../../src/optimizer/adamw.js';
import { EMA, startingGroups } from '../../src/optimizer/outline.js';
import { createUpdate } from '../../src/optimizer/update.js';
import type { RsdUpdateContext } from '../../src/student/distillation.js';
import { STUDENT_GROUP, studentUpdateSpec } from '../../src/student/update.js';
import { widenByNoise } from '../../src/student/widen.js';
import { TEACHER_GROUP } from '../../src/teacher/update.js';
import { readWeights } from '../../src/weights/read.js';
import type { HostTree } from '../../src/weights/tree.js';
import { engineKinds } from '../helpers/evaluate.js';
import { goldenPath, hasGolden } from '../helpers/golden.js';
import { goldenLpips } from '../helpers/golden_lpips.js';
import { goldenAutoencoder, goldenProcess } from '../helpers/golden_models.js';
import { goldenUNetConfig } from '../helpers/golden_networks.js';
import { goldenHead } from '../helpers/golden_rsd.js';
import { goldenJson, goldenTensors } from '../helpers/golden_tensors.js';

// Golden README: losses 2e-4 relative; >= 99.5 % of parameters within 0.1 lr, none further than 2 lr per update.
const LOSS_TOLERANCE = 2e-4;
const GRADIENT_TOLERANCE = 1e-2;
const CLOSE = 0.1;
const FAR = 2;
const CLOSE_SHARE = 0.995;
/**
 * Mean error over mean size of the EMA's updates. Each is a few float32 steps of its parameter, and a zero-gradient entry may
 * go either way; an average that stands still gives 1, one of half or twice the rate 0.5 or more.
 */
const EMA_TOLERANCE = 0.25;
/** Only the full golden set has it; the updates' samples are always compared. */
const CHECKPOINT = ['checkpoints', 'model_3.pth'];

interface Info {
  hyper: {
    n_fake: number;
    iters: number;
    lr: number;
    betas: [number, number];
    wd: number;
    ema: number;
    gan_w: number;
    lpips_w: number;
    batch: number;
  };
  nano: { config: Record<string, unknown> & { image_size: number }; file: string };
}
interface Step {
  kind: 'fake' | 'student';
  grad_norm: number;
  total: number;
  fake_loss?: number;
  gan_d?: number;
  rsd_loss?: number;
  gan_g?: number;
  lpips?: number;
}
type Summary = Record<string, { idx: number[]; val: number[]; l2: number }>;
interface RunFile {
  steps: Step[];
  student_update_summary: Summary;
  fake_update_summary: Summary;
  ema_update_summary: Summary;
}

const { hyper, nano } = goldenJson<Info>('rsd', 'info.json');
const golden = await goldenTensors('rsd', 'run_inputs.safetensors');
const RsdGroup = { teacher: TEACHER_GROUP, student: STUDENT_GROUP, fake: FAKE_GROUP, head: HEAD_GROUP } as const;
const optimizer = { betas: hyper.betas, eps: 1e-8, weightDecay: hyper.wd };

/** Our names of a step's inputs. */
function feedsOf(step: number): Record<string, HostArray> {
  const of = (name: string): HostArray => golden[`step${String(step).padStart(2, '0')}.${name}`]!;
  const names = { hr: 'gt', lq: 'lq', tn: 'tn', t: 't', noiseTn: 'noise_xtn', noiseT: 'noise_t', eps: 'eps' };
  return Object.fromEntries(Object.entries(names).map(([ours, theirs]) => [ours, of(theirs)]));
}

const close = (found: number | undefined, expected: number | undefined, tolerance: number): void => {
  if (expected === undefined) return;
  expect(Math.abs(found! - expected)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(expected), 1e-3));
};

/** Runs the golden iterations with our updates; returns the final groups in official layout. */
async function replay(
  kind: EngineKind,
  full: boolean,
  check: (step: Step, terms: Record<string, number>, norm: number) => void,
  run: RunFile,
) {
  const unet = { ...goldenUNetConfig(nano.config), noiseChannels: 0 };
  const file = goldenPath('rsd', nano.file);
  const teacher = matchParams(await readWeights(file), unetSpecs(unet), file);
  const headFile = goldenPath('rsd', 'gan_head.safetensors');
  const head = matchParams(await readWeights(headFile), ganHeadSpecs(goldenHead), headFile);
  const autoencoder = await goldenAutoencoder('micro');
  const student = widenByNoise(teacher, 1);
  const lpips = treeToMemory(await goldenLpips('alex'));
  const weights = { metric: 'lpips-alex', weights: '', from: 'same' } as const;
  const latentSide = nano.config.image_size;
  const context: RsdUpdateContext = {
    rsd: {
      timesteps: [],
      inputs: 'real',
      conditionFake: false,
      gan: { weight: hyper.gan_w, head: 'dmd2', noisy: false },
      perceptual: { weight: hyper.lpips_w, ...weights },
      mse: { weight: 0, space: 'image' },
      powerTen: false,
      sidNormalization: true,
      noiseChannels: 1,
    },
    loss: rsdLoss,
    model: { process: goldenProcess(), unet, autoencoder: autoencoder.config },
    ...(full
      ? {
          head: goldenHead,
          perceptual: {
            network: { group: 'lpips', specs: lpipsSpecs('alex'), role: 'frozen' },
            distance: (state, a, b) => perceptualMetrics['lpips-alex'].distance(state.read('lpips'), a, b),
          },
        }
      : {}),
    size: hyper.batch,
    hrSide: 4 * latentSide,
    lqSide: latentSide,
    latent: [latentSide, latentSide, 3],
  };
  const engine = createEngine({ kind });
  try {
    const [t, s, h] = [teacher, student, head].map(treeToMemory) as [HostTree, HostTree, HostTree];
    await engine.define({
      [RsdGroup.teacher]: t,
      ...startingGroups({ group: RsdGroup.student, role: 'averaged' }, 1, s),
      ...startingGroups({ group: RsdGroup.fake, role: 'trained' }, 1, t),
      ...startingGroups({ group: RsdGroup.head, role: 'trained' }, 1, h),
      autoencoder: treeToMemory(autoencoder.tree),
      lpips,
    });
    const updates = {
      fake: createUpdate(engine, fakeUpdateSpec(context), 1, hyper.wd > 0),
      student: createUpdate(engine, studentUpdateSpec(context), 1, hyper.wd > 0),
    };
    const done = { fake: 0, student: 0 };
    for (const [index, step] of run.steps.entries()) {
      done[step.kind] += 1;
      const scalars = adamwScalars(optimizer, hyper.lr, done[step.kind]);
      const { terms, gradNorms } = await updates[step.kind].run(
        () => Promise.resolve(feedsOf(index)),
        () => scalars,
        hyper.ema,
      );
      check(step, terms, Math.hypot(...Object.values(gradNorms)));
    }
    const groups = await engine.fetch([RsdGroup.student, RsdGroup.fake, RsdGroup.head, EMA]);
    const final = Object.fromEntries(Object.entries(groups).map(([name, tree]) => [name, treeToOfficial(tree)]));
    return { final, initial: { student, fake: teacher, head, [EMA]: student } as Record<string, HostTree>, done };
  } finally {
    engine.dispose();
  }
}

type Replayed = Awaited<ReturnType<typeof replay>>;

/** Shares of parameters that are near, and the largest distance, in units of lr. */
function distances(pairs: Iterable<readonly [number, number]>): { near: number; worst: number } {
  let [count, near, worst] = [0, 0, 0];
  for (const [a, b] of pairs) {
    const distance = Math.abs(a - b) / hyper.lr;
    count += 1;
    near += distance <= CLOSE ? 1 : 0;
    worst = Math.max(worst, distance);
  }
  return { near: near / count, worst };
}

function* elements(found: HostTree, expected: HostTree): Iterable<readonly [number, number]> {
  for (const [name, { data }] of found) {
    const want = expected.get(name)!.data;
    for (let i = 0; i < data.length; i++) yield [data[i]!, want[i]!];
  }
}

/** Holds the sampled differences final - initial to golden's. */
function expectUpdates({ final, initial, done }: Replayed, run: RunFile): void {
  const samplesOf = (group: string, summary: Summary): (readonly [string, number, number])[] =>
    Object.entries(summary).flatMap(([key, { idx, val }]) => {
      // The golden discriminator wraps the fake as `model.` with its head beside it.
      const name = key.replace(/^model\./, '');
      const from = final[group]!.has(name) ? group : RsdGroup.head;
      const [now, old] = [final[from]!.get(name)!.data, initial[from]!.get(name)!.data];
      return idx.map((at, i) => [`${name}[${at}]`, now[at]! - old[at]!, val[i]!] as const);
    });
  for (const [group, summary] of [
    ['student', run.student_update_summary],
    ['fake', run.fake_update_summary],
  ] as const) {
    const samples = samplesOf(group, summary);
    for (const [name, found, expected] of samples) {
      expect(Math.abs(found - expected), name).toBeLessThanOrEqual(FAR * hyper.lr * done[group]);
    }
    // Up to 4 % of the samples have an analytically zero gradient, which Adam turns into rounding noise (golden README).
    expect(distances(samples.map(([, found, expected]) => [found, expected])).near).toBeGreaterThan(0.95);
  }
  // The average moves by some units in the last place only, so its samples are held together.
  const moved = samplesOf(EMA, run.ema_update_summary);
  const sum = (of: (found: number, expected: number) => number): number =>
    moved.reduce((total, [, found, expected]) => total + Math.abs(of(found, expected)), 0);
  expect(sum((found, expected) => found - expected) / sum((_, expected) => expected)).toBeLessThan(EMA_TOLERANCE);
}

/** Holds every parameter to the checkpoint that golden run A ended with. */
async function expectCheckpoint({ final, done }: Replayed): Promise<void> {
  for (const group of ['student', 'fake'] as const) {
    const expected = await readWeights(goldenPath(...CHECKPOINT), { model: group });
    const { near, worst } = distances(elements(final[group]!, expected));
    expect(near).toBeGreaterThanOrEqual(CLOSE_SHARE);
    expect(worst).toBeLessThanOrEqual(FAR * done[group]);
  }
  const ema = distances(elements(final[EMA]!, await readWeights(goldenPath('checkpoints', 'ema_model_3.pth'))));
  expect(ema.near).toBeGreaterThanOrEqual(CLOSE_SHARE);
}

describe.each(engineKinds)('golden runs, %s', (kind) => {
  it('run A: losses, gradient norms, updates of parameters and EMA', { timeout: 300_000 }, async () => {
    const before = tf.memory().numTensors;
    const run = goldenJson<RunFile>('rsd', 'run_A.json');
    const check = (step: Step, terms: Record<string, number>, norm: number): void => {
      close(terms['loss'], step.fake_loss ?? step.rsd_loss, LOSS_TOLERANCE);
      close(terms['total'], step.total, LOSS_TOLERANCE);
      close(norm, step.grad_norm, GRADIENT_TOLERANCE);
    };
    const replayed = await replay(kind, false, check, run);
    expectUpdates(replayed, run);
    if (hasGolden(...CHECKPOINT)) await expectCheckpoint(replayed);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('run B: the same with GAN and LPIPS', { timeout: 300_000 }, async () => {
    const before = tf.memory().numTensors;
    const run = goldenJson<RunFile>('rsd', 'run_B.json');
    const check = (step: Step, terms: Record<string, number>, norm: number): void => {
      close(terms['loss'], step.fake_loss ?? step.rsd_loss, LOSS_TOLERANCE);
      close(terms['gan'], step.gan_d ?? step.gan_g, LOSS_TOLERANCE);
      close(terms['perceptual'], step.lpips, LOSS_TOLERANCE);
      close(terms['total'], step.total, LOSS_TOLERANCE);
      close(norm, step.grad_norm, GRADIENT_TOLERANCE);
    };
    const replayed = await replay(kind, true, check, run);
    expectUpdates(replayed, run);
    expect(tf.memory().numTensors).toBe(before);
  });
});
