/** @file One fake and one student update of RSD, every objective: values, gradients by parameters and by the student's output. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studentTimesteps } from '../../src/config/resolve.js';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import type { Engine } from '../../src/engine/types.js';
import { fakeLosses, type Terms } from '../../src/fake/losses.js';
import { distillationLoss, type DistillationObjective } from '../../src/losses/distillation_objective.js';
import { rsd } from '../../src/methods/rsd.js';
import { sid } from '../../src/methods/sid.js';
import { vsd } from '../../src/methods/vsd.js';
import { treeToMemory } from '../../src/models/layout.js';
import { lossGradients } from '../../src/optimizer/gradients.js';
import { distillationPair, studentLosses } from '../../src/student/losses.js';
import { drawFakeSample } from '../../src/student/sample.js';
import { engineKinds, prepareFor } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenLpips } from '../helpers/golden_lpips.js';
import { goldenProcess } from '../helpers/golden_models.js';
import { worstGradError, worstGradValueError, type GradSummary } from '../helpers/golden_networks.js';
import { goldenDistillation, rsdInfo, type GoldenDistillation } from '../helpers/golden_rsd.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { groupOf, groupResults } from '../helpers/param_groups.js';
import { LPIPS, rsdUpdate, studentUpdate, termsOf, type RsdUpdate } from '../helpers/student_update.js';
import { choice, chosenTerms } from '../helpers/term_choice.js';

// Golden README, row rsd/: losses 2e-4 relative, gradients 1e-2 of their largest. Tensors on the way: that of a U-Net's output.
const LOSS = 2e-4;
const GRADIENT = 1e-2;
const OUTPUT = 2e-5;

/** Compiling an update takes seconds, but minutes on a machine that trains meanwhile. */
const COMPILE_TIME = 600_000;

/** Every value of the gradients of `rsd`; only the full golden set has it. */
const ALL_GRADIENTS = ['rsd', 'student_grads.safetensors'];

type Grads = Record<string, GradSummary>;
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
  if (variant.startsWith('sid_alpha')) return { loss: sid({ sid: { alpha: Number(variant.slice(9)) } }), ...weights };
  return { loss: variant === 'vsd' ? vsd() : rsd(), ...weights };
}

const variants = Object.keys(single).filter((name) => /^(rsd|vsd|sid)/.test(name));

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

it('builds the golden fake and student', async () => {
  const { trees } = await goldenDistillation('micro');
  for (const [key, { idx, val }] of Object.entries(rsdInfo.spot_values)) {
    const [group, ...name] = key.split('.');
    const { data } = trees[group as 'fake' | 'student'].get(name.join('.'))!;
    expect(
      idx.map((i) => data[i]),
      key,
    ).toEqual(val);
  }
  const steps = goldenProcess().schedule.steps;
  const timesteps = rsdInfo.student_timesteps_0based;
  expect(timesteps).toEqual(studentTimesteps(steps, timesteps.length));
});

describe.each(engineKinds)('RSD updates on the micro networks, %s', { timeout: COMPILE_TIME }, (kind) => {
  let golden: Record<string, HostArray>;
  let distillation: GoldenDistillation;
  let engine: Engine;
  let feeds: Record<string, HostArray>;
  let tensorsBefore: number;

  beforeAll(async () => {
    golden = await goldenTensors('rsd', 'single.safetensors');
    distillation = await goldenDistillation('micro');
    const groups = { ...distillation.trees, [LPIPS]: await goldenLpips('alex') };
    engine = createEngine({ kind });
    await engine.define(Object.fromEntries(Object.entries(groups).map(([name, tree]) => [name, treeToMemory(tree)])));
    const names = ['gt', 'lq', 'tn', 'noise_xtn', 'eps', 't', 'noise_t', 'z0_hat'];
    feeds = Object.fromEntries(names.map((name) => [name, golden[name]!]));
    tensorsBefore = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(tensorsBefore);
    engine.dispose();
  });

  function expectOutputGradient(found: Readonly<Record<string, HostArray>>, name: string): void {
    const expected = golden[`grad_z0_hat.${name}`]!;
    expect(maxDifference(found['byOutput']!, expected) / maxAbs(expected)).toBeLessThan(GRADIENT);
  }

  it('makes the same sample, fake losses and their gradients', async () => {
    const names = ['loss', 'gan'] as const;
    const program = prepareFor(engine, { ...feeds, ...choice(names) }, (inputs, state) => {
      const update = rsdUpdate(distillation, inputs, state);
      const { model, draws, latents } = update;
      const { student, fake, head } = update.params;
      const sample = drawFakeSample(model, student, draws);
      const { total, terms, grads } = lossGradients({ fake, head }, () => {
        const losses = fakeLosses(model, { fake, head }, sample, draws);
        return { total: chosenTerms(inputs, losses), terms: losses };
      });
      return {
        z0: sample.z0,
        y: sample.zy,
        x_tn: latents.ztn,
        z0_hat: sample.z0Hat,
        ...terms,
        total,
        withoutHead: fakeLosses(model, { fake }, sample, draws)['loss']!,
        ...groupResults('fake', grads['fake']!),
        ...groupResults('head', grads['head']!),
      };
    });
    const alone = await program.run({ ...feeds, ...choice(names, { loss: 1 }) });
    for (const name of ['z0', 'y', 'x_tn', 'z0_hat']) {
      expect(maxDifference(alone[name]!, golden[name]!), name).toBeLessThan(
        OUTPUT * Math.max(1, maxAbs(golden[name]!)),
      );
    }
    expectClose(scalar(alone['total']), single.fake_loss.mean, LOSS, 'fake loss');
    expectClose(scalar(alone['withoutHead']), single.fake_loss.mean, LOSS, 'fake loss without GAN');
    expectGradients(groupOf(alone, 'fake'), single.fake_loss.grads);
    const gan = await program.run({ ...feeds, ...choice(names, { gan: 1 }) });
    expectClose(scalar(gan['total']), single.gan_d.loss, LOSS, 'discriminator loss');
    // Golden data names the fake's parameters model.* here, and the head's head.* as they are.
    const ofFake = Object.entries(groupOf(gan, 'fake')).map(([name, grad]) => [`model.${name}`, grad] as const);
    expectGradients({ ...Object.fromEntries(ofFake), ...groupOf(gan, 'head') }, single.gan_d.grads);
    const both = await program.run({ ...feeds, ...choice(names, { loss: 1, gan: rsdInfo.hyper.gan_w }) });
    expectClose(scalar(both['total']), single.gan_d.fake_total, LOSS, 'total');
  });

  describe('objectives', () => {
    /** All objectives over one pair of judges. */
    function everyObjective({ params, model, draws, latents }: RsdUpdate, z0Hat: Tensor): Terms {
      const pair = distillationPair(model, params, z0Hat, latents.zy, draws);
      const at = { steps: model.process.schedule.steps, t: draws.t };
      const losses = variants.map((name) => [name, tf.mean(distillationLoss(objectiveOf(name), pair, at))] as const);
      return Object.fromEntries(losses);
    }

    let every: ReturnType<typeof studentUpdate> | undefined;
    /** Compiling one for each takes seconds a piece, so the compiled program has them all; op by op they come one by one. */
    function update(variant: string): Promise<Record<string, HostArray>> {
      if (kind === 'compiled') {
        every ??= studentUpdate(engine, distillation, feeds, variants, { ofOutput: everyObjective });
        return every({ [variant]: 1 });
      }
      const terms = termsOf({ distillation: objectiveOf(variant), gan: false });
      return studentUpdate(engine, distillation, feeds, ['loss'], terms)({ loss: 1 });
    }

    it.each(variants)('agrees on %s', async (variant) => {
      const expected = single[variant] as { loss: number; grads: Grads };
      const found = await update(variant);
      expectClose(scalar(found['total']), expected.loss, LOSS, variant);
      expectGradients(groupOf(found, 'student'), expected.grads);
      expectOutputGradient(found, variant);
    });
  });

  describe('terms', () => {
    const names = ['loss', 'gan', 'perceptual'] as const;
    let program: ReturnType<typeof studentUpdate>;

    beforeAll(() => {
      const objective = { distillation: objectiveOf('rsd'), gan: true, mse: { space: 'image' } } as const;
      const terms = termsOf(objective, { perceptual: true });
      program = studentUpdate(engine, distillation, feeds, names, terms);
    });

    it.each([
      ['gan', 'gan_g'],
      ['perceptual', 'lpips'],
    ] as const)('agrees on the term %s alone', async (term, name) => {
      const found = await program({ [term]: 1 });
      expectClose(scalar(found[term]), single[name].loss, LOSS, name);
      expectGradients(groupOf(found, 'student'), single[name].grads);
      expectOutputGradient(found, name);
    });

    it('agrees on their weighted sum, and on the squared error of images', async () => {
      const found = await program({ loss: 1, gan: rsdInfo.hyper.gan_w, perceptual: rsdInfo.hyper.lpips_w });
      const expected = single.student_total_with_gan_lpips;
      expectClose(scalar(found['total']), expected.loss, LOSS, 'total');
      expectGradients(groupOf(found, 'student'), expected.grads);
      expectClose(scalar(found['mse']), mean(single.mse.image_per_sample), LOSS, 'image');
    });

    it.skipIf(!hasGolden(...ALL_GRADIENTS))(
      goldenTitle('agrees on every value of the gradients of rsd', ...ALL_GRADIENTS),
      async () => {
        const found = await program({ loss: 1 });
        const worst = await worstGradValueError(groupOf(found, 'student'), ...ALL_GRADIENTS);
        expect(worst.error, worst.name).toBeLessThan(GRADIENT);
      },
    );
  });

  it('weights timesteps by powers of ten, and takes the squared error of latents', async () => {
    const found = await prepareFor(engine, feeds, (inputs, state) => {
      const { params, model, draws, latents } = rsdUpdate(distillation, inputs, state);
      const weighted = { ...objectiveOf('rsd'), powerTen: true };
      const objective = { distillation: weighted, gan: false, mse: { space: 'latent' } } as const;
      return studentLosses(model, params, latents, draws, objective);
    }).run(feeds);
    const { per_sample_raw: raw, norm_per_sample: norm, power_ten_factor: factor } = single.rsd;
    const weighted = raw.map((value, i) => (value * factor[i]!) / norm[i]!);
    expectClose(scalar(found['loss']), mean(weighted), LOSS, 'power ten');
    expectClose(scalar(found['mse']), mean(single.mse.latent_per_sample), LOSS, 'latent');
  });
});
