/** @file One fake and one student update of RSD, every objective: values, gradients by parameters and by the student's output. */
import { beforeAll, describe, expect, it } from 'vitest';
import { studentTimesteps } from '../../src/config/resolve.js';
import { tf, type Params, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import type { HostArray } from '../../src/engine/types.js';
import { lpips, lpipsSpecs } from '../../src/losses/lpips.js';
import { weightedSum } from '../../src/losses/weighted_sum.js';
import { lossGradients, type LossGradients } from '../../src/training/gradients.js';
import type { DistillationObjective } from '../../src/training/distillation_objective.js';
import {
  drawFakeSample,
  encodeBatch,
  fakeLosses,
  outputLosses,
  studentLosses,
  type RsdModel,
  type StudentObjective,
} from '../../src/training/rsd_losses.js';
import { readWeights } from '../../src/weights/read.js';
import type { HostTree } from '../../src/weights/tree.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { goldenPath } from '../helpers/golden.js';
import { goldenProcess } from '../helpers/golden_models.js';
import { worstGradError, type GradSummary } from '../helpers/golden_networks.js';
import { goldenDistillation, rsdInfo, rsdInputs, type GoldenDistillation } from '../helpers/golden_rsd.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf, groupResults } from '../helpers/param_groups.js';

// Golden README, row rsd/: losses 2e-4 relative, gradients 1e-2 of their largest. Tensors on the way: that of a U-Net's output.
const LOSS = 2e-4;
const GRADIENT = 1e-2;
const OUTPUT = 2e-5;

/** Compiling an update takes seconds, but minutes on a machine that trains meanwhile. */
const COMPILE_TIME = 600_000;

type Grads = Record<string, GradSummary>;
type Weights = Readonly<Record<string, number>>;
interface Single {
  fake_loss: { mean: number; grads: Grads };
  gan_d: { loss: number; fake_total: number; grads: Grads };
  gan_g: { loss: number; grads: Grads };
  lpips: { loss: number; grads: Grads };
  mse: { latent_per_sample: number[]; image_per_sample: number[] };
  student_total_with_gan_lpips: { loss: number; grads: Grads };
  rsd: { power_ten_factor: number[]; per_sample_raw: number[]; norm_per_sample: number[] };
  [variant: string]: unknown;
}

const single = goldenJson<Single>('rsd', 'single.json');
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Objective of a variant's name in single.json. */
function objectiveOf(variant: string): DistillationObjective {
  const weights = { powerTen: false, sidNormalization: variant !== 'rsd_unnormalised' };
  if (variant.startsWith('sid_alpha')) return { kind: { name: 'sid', alpha: Number(variant.slice(9)) }, ...weights };
  return { kind: { name: variant === 'vsd' ? 'vsd' : 'rsd' }, ...weights };
}

const variants = Object.keys(single).filter((name) => /^(rsd|vsd|sid)/.test(name));
const rsdOnly: StudentObjective = { distillation: objectiveOf('rsd'), gan: false };

function scalar(array: HostArray | undefined): number {
  expect(array?.data.length).toBe(1);
  return array!.data[0]!;
}

function expectClose(found: number, expected: number, relative: number, name: string): void {
  expect(Math.abs(found - expected) / Math.abs(expected), `${name}: ${found} instead of ${expected}`).toBeLessThan(
    relative,
  );
}

function expectGradients(found: Readonly<Record<string, HostArray>>, summaries: Grads): void {
  // PyTorch lists zeros for parameters that a loss does not reach; here those have no gradient at all.
  const reached = Object.entries(summaries).filter(([name, { max_abs }]) => name in found || max_abs > 0);
  const worst = worstGradError(found, Object.fromEntries(reached));
  expect(worst.error, worst.name).toBeLessThan(GRADIENT);
}

/** AlexNet by formula with the published linear heads. */
async function goldenLpipsTree(): Promise<HostTree> {
  const prefixed = lpipsSpecs('alex').map((spec) => ({ ...spec, name: `alexnet.${spec.name}` }));
  const backbone = [...formulaTree(prefixed)].map(([name, value]) => [name.slice('alexnet.'.length), value] as const);
  return new Map([...backbone, ...(await readWeights(goldenPath('metrics', 'lpips_alex_lin.safetensors')))]);
}

/** Differentiates the weighted sum of the terms that have a weight. */
function gradients(groups: Record<string, Params>, loss: () => Tensors, weights: Weights): LossGradients {
  return lossGradients(groups, () => {
    const terms = loss();
    const summed = Object.keys(weights).map((name) => [name, terms[name]!] as const);
    return { terms, total: weightedSum(Object.fromEntries(summed), weights) };
  });
}

const kinds = engineKinds.map((kind) => ({
  kind,
  note: kind === 'compiled' ? ' (skips single terms: compiling each takes long, two programs stand for all)' : '',
}));

describe.each(kinds)('RSD updates on the micro networks, $kind$note', { timeout: COMPILE_TIME }, ({ kind }) => {
  // Compiling takes far longer than running: one program for each kind of update, with every term in it, stands for all.
  const itEager = kind === 'eager' ? it : it.skip;

  let golden: Record<string, HostArray>;
  let distillation: GoldenDistillation;
  let feeds: Record<string, HostArray>;

  beforeAll(async () => {
    golden = await goldenTensors('rsd', 'single.safetensors');
    distillation = await goldenDistillation('micro');
    feeds = { ...distillation.feeds, ...groupFeeds({ lpips: await goldenLpipsTree() }) };
    for (const name of ['gt', 'lq', 'tn', 'noise_xtn', 'eps', 't', 'noise_t', 'z0_hat']) feeds[name] = golden[name]!;
  });

  const params = (inputs: Tensors): Record<'student' | 'teacher' | 'fake' | 'head', Tensors> => ({
    student: groupOf(inputs, 'student'),
    teacher: groupOf(inputs, 'teacher'),
    fake: groupOf(inputs, 'fake'),
    head: groupOf(inputs, 'head'),
  });

  /** Terms and student gradients of an objective, and the gradient of the weighted terms by the student's output. */
  async function studentUpdate(objective: StudentObjective, weights: Weights): Promise<Record<string, HostArray>> {
    const before = tf.memory().numTensors;
    const found = await evaluate(
      kind,
      (inputs) => {
        const model: RsdModel = distillation.model(inputs);
        const all = params(inputs);
        const draws = rsdInputs(inputs);
        const withMetric = objective.perceptual && {
          ...objective.perceptual,
          metric: (a: Tensor, b: Tensor) => lpips('alex', groupOf(inputs, 'lpips'), a, b),
        };
        const full = { ...objective, perceptual: withMetric };
        const latents = encodeBatch(model, draws);
        const { student } = all;
        const update = gradients({ student }, () => studentLosses(model, all, latents, draws, full), weights);
        const z0Hat = inputs['z0_hat']!;
        // A second copy of every network: left out of the compiled program, whose test does not look at it.
        const leaf =
          kind === 'eager' &&
          gradients({ leaf: { z0Hat } }, () => outputLosses(model, all, { z0Hat }, latents, draws, full), weights);
        return {
          ...update.terms,
          total: update.total,
          ...groupResults('student', update.grads['student']!),
          ...(leaf ? { grad_z0_hat: leaf.grads['leaf']!['z0Hat']! } : {}),
        };
      },
      feeds,
    );
    expect(tf.memory().numTensors).toBe(before);
    return found;
  }

  itEager('builds the golden fake and student', () => {
    for (const [key, { idx, val }] of Object.entries(rsdInfo.spot_values)) {
      const [group, ...name] = key.split('.');
      const { data } = distillation.trees[group as 'fake' | 'student'].get(name.join('.'))!;
      expect(
        idx.map((i) => data[i]),
        key,
      ).toEqual(val);
    }
    const steps = goldenProcess().schedule.steps;
    const timesteps = rsdInfo.student_timesteps_0based;
    expect(timesteps).toEqual(studentTimesteps(steps, timesteps.length));
  });

  it('makes the same sample, fake losses and their gradients', async () => {
    const weights = { loss: 1, gan: rsdInfo.hyper.gan_w };
    const before = tf.memory().numTensors;
    const found = await evaluate(
      kind,
      (inputs) => {
        const model = distillation.model(inputs);
        const { student, fake, head } = params(inputs);
        const draws = rsdInputs(inputs);
        const { ztn } = encodeBatch(model, draws);
        const sample = drawFakeSample(model, student, draws);
        const alone = gradients({ fake }, () => fakeLosses(model, { fake }, sample, draws), { loss: 1 });
        const both = gradients({ fake, head }, () => fakeLosses(model, { fake, head }, sample, draws), weights);
        const gan = gradients({ fake, head }, () => fakeLosses(model, { fake, head }, sample, draws), { gan: 1 });
        return {
          z0: sample.z0,
          y: sample.zy,
          x_tn: ztn,
          z0_hat: sample.z0Hat,
          loss: alone.total,
          gan: both.terms['gan']!,
          total: both.total,
          ...groupResults('alone', alone.grads['fake']!),
          ...groupResults('gan/model', gan.grads['fake']!),
          ...groupResults('gan/head', gan.grads['head']!),
        };
      },
      feeds,
    );
    for (const name of ['z0', 'y', 'x_tn', 'z0_hat']) {
      expect(maxDifference(found[name]!, golden[name]!), name).toBeLessThan(
        OUTPUT * Math.max(1, maxAbs(golden[name]!)),
      );
    }
    expectClose(scalar(found['loss']), single.fake_loss.mean, LOSS, 'fake loss');
    expectClose(scalar(found['gan']), single.gan_d.loss, LOSS, 'discriminator loss');
    expectClose(scalar(found['total']), single.gan_d.fake_total, LOSS, 'total');
    expectGradients(groupOf(found, 'alone'), single.fake_loss.grads);
    // Golden data names the fake's parameters model.* here, and the head's head.* as they are.
    const ofFake = Object.entries(groupOf(found, 'gan/model')).map(([name, grad]) => [`model.${name}`, grad] as const);
    expectGradients({ ...Object.fromEntries(ofFake), ...groupOf(found, 'gan/head') }, single.gan_d.grads);
    expect(tf.memory().numTensors).toBe(before);
  });

  itEager.each(variants)('agrees on %s', async (variant) => {
    const expected = single[variant] as { loss: number; grads: Grads };
    const found = await studentUpdate({ distillation: objectiveOf(variant), gan: false }, { loss: 1 });
    expectClose(scalar(found['loss']), expected.loss, LOSS, variant);
    expectGradients(groupOf(found, 'student'), expected.grads);
    const byOutput = golden[`grad_z0_hat.${variant}`]!;
    expect(maxDifference(found['grad_z0_hat']!, byOutput) / maxAbs(byOutput)).toBeLessThan(GRADIENT);
  });

  itEager('weights timesteps by powers of ten', async () => {
    const distillationTen = { ...objectiveOf('rsd'), powerTen: true };
    const found = await studentUpdate({ distillation: distillationTen, gan: false }, { loss: 1 });
    const { per_sample_raw: raw, norm_per_sample: norm, power_ten_factor: factor } = single.rsd;
    expectClose(scalar(found['loss']), mean(raw.map((value, i) => (value * factor[i]!) / norm[i]!)), LOSS, 'power ten');
  });

  itEager.each([
    ['gan', 'gan_g', { ...rsdOnly, gan: true }],
    ['perceptual', 'lpips', { ...rsdOnly, perceptual: { from: 'same' } }],
  ] as [string, 'gan_g' | 'lpips', StudentObjective][])(
    'agrees on the term %s alone',
    async (term, name, objective) => {
      const found = await studentUpdate(objective, { [term]: 1 });
      expectClose(scalar(found[term]), single[name].loss, LOSS, name);
      expectGradients(groupOf(found, 'student'), single[name].grads);
      const byOutput = golden[`grad_z0_hat.${name}`]!;
      expect(maxDifference(found['grad_z0_hat']!, byOutput) / maxAbs(byOutput)).toBeLessThan(GRADIENT);
    },
  );

  it('agrees on the weighted sum of all terms', async () => {
    const objective = { ...rsdOnly, gan: true, perceptual: { from: 'same' } } as StudentObjective;
    const weights = { loss: 1, gan: rsdInfo.hyper.gan_w, perceptual: rsdInfo.hyper.lpips_w };
    const found = await studentUpdate(objective, weights);
    const expected = single.student_total_with_gan_lpips;
    expectClose(scalar(found['total']), expected.loss, LOSS, 'total');
    expectGradients(groupOf(found, 'student'), expected.grads);
  });

  itEager.each([
    ['image', single.mse.image_per_sample],
    ['latent', single.mse.latent_per_sample],
  ] as const)('agrees on the squared error of %ss', async (space, expected) => {
    const found = await studentUpdate({ ...rsdOnly, mse: { space } }, { mse: 1 });
    expectClose(scalar(found['mse']), mean(expected), LOSS, space);
  });
});
