/** @file Options of the distillation that golden data does not cover: a fake that is told the student's timestep, a noisy GAN. */
import { beforeAll, describe, expect, it } from 'vitest';
import { qSample } from '../../src/diffusion/forward_process.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { discriminate } from '../../src/fake/discriminator.js';
import { fakeLosses } from '../../src/fake/losses.js';
import { fakeFromTeacher } from '../../src/fake/widen.js';
import { discriminatorLoss, generatorLoss } from '../../src/losses/gan.js';
import { rsdLoss } from '../../src/losses/rsd.js';
import { updateDraws } from '../../src/student/draws.js';
import { studentLosses } from '../../src/student/losses.js';
import { drawFakeSample, encodeBatch } from '../../src/student/sample.js';
import { evaluate } from '../helpers/evaluate.js';
import { goldenUNet } from '../helpers/golden_models.js';
import { goldenDistillation, rsdInputs, type GoldenDistillation } from '../helpers/golden_rsd.js';
import { goldenJson, goldenTensors, maxDifference } from '../helpers/golden_tensors.js';
import { sampleArray } from '../helpers/gradient_check.js';
import { groupFeeds, groupOf } from '../helpers/param_groups.js';

const NAMES = ['gt', 'lq', 'tn', 'noise_xtn', 'eps', 't', 'noise_t'];

let golden: Record<string, HostArray>;
let distillation: GoldenDistillation;
let batch: Record<string, HostArray>;
beforeAll(async () => {
  golden = await goldenTensors('rsd', 'single.safetensors');
  distillation = await goldenDistillation('micro');
  batch = Object.fromEntries(NAMES.map((name) => [name, golden[name]!]));
});

const groups = (inputs: Tensors, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, groupOf(inputs, name)]));

describe("a fake that is told the student's timestep", () => {
  it('starts as the fake that is not, and hears of it once its weights are not zero', async () => {
    const before = tf.memory().numTensors;
    const { config } = await goldenUNet('micro');
    const told = { ...config, studentTimestep: true };
    const { autoencoder, student, fake } = distillation.trees;
    const widened = fakeFromTeacher(fake, told);
    const layer = widened.get('time_embed.0.weight')!;
    expect(layer.shape).toEqual([4 * config.modelChannels, 2 * config.modelChannels]);
    const grown = new Map(widened).set('time_embed.0.weight', { ...layer, data: layer.data.map((v) => v || 0.1) });
    const found = await evaluate(
      'eager',
      (inputs) => {
        const model = { ...distillation.model(groupOf(inputs, 'autoencoder')), fakeUnet: told };
        const draws = rsdInputs(inputs);
        const params = groups(inputs, 'student', 'widened', 'grown');
        const sample = drawFakeSample(model, params['student']!, draws);
        const loss = (of: string, tn: Tensor): Tensor =>
          fakeLosses(model, { fake: params[of]! }, sample, { ...draws, tn })['loss']!;
        const other = tf.zerosLike(draws.tn);
        return {
          start: loss('widened', draws.tn),
          startOther: loss('widened', other),
          later: loss('grown', draws.tn),
          laterOther: loss('grown', other),
        };
      },
      { ...groupFeeds({ autoencoder, student, widened, grown }), ...batch },
    );
    const value = (name: string): number => found[name]!.data[0]!;
    const expected = goldenJson<{ fake_loss: { mean: number } }>('rsd', 'single.json').fake_loss.mean;
    expect(Math.abs(value('start') / expected - 1)).toBeLessThan(2e-4);
    expect(value('startOther')).toBe(value('start'));
    expect(Math.abs(value('laterOther') / value('later') - 1)).toBeGreaterThan(1e-4);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a noisy GAN', () => {
  const noiseLike = (name: string): HostArray => sampleArray(name, golden['noise_t']!.shape);

  it('judges latents at the timestep and with the noise that were drawn, in both updates', async () => {
    const { autoencoder, student, teacher, fake, head } = distillation.trees;
    const tGan = { shape: golden['tn']!.shape, data: Int32Array.from(golden['tn']!.data, (_, i) => 5 + i) };
    const found = await evaluate(
      'eager',
      (inputs) => {
        const model = distillation.model(groupOf(inputs, 'autoencoder'));
        const params = groups(inputs, 'student', 'teacher', 'fake', 'head') as Record<
          'student' | 'teacher' | 'fake' | 'head',
          never
        >;
        const draws = {
          ...rsdInputs(inputs),
          tGan: inputs['tGan']!,
          noiseGan: inputs['noiseGan']!,
          noiseGanReal: inputs['noiseGanReal']!,
        };
        const sample = drawFakeSample(model, params.student, draws);
        const { schedule } = model.process;
        const judged = (z: Tensor, noise: Tensor): Tensor => {
          const noisy = qSample(schedule, z, sample.zy, draws.tGan, noise);
          const parts = { process: model.process, unet: model.fakeUnet, head: model.head! };
          return discriminate(parts, params, noisy, { lq: draws.lq, t: draws.tGan });
        };
        const objective = { distillation: { loss: rsdLoss, powerTen: false, sidNormalization: true }, gan: true };
        const real = judged(sample.z0, draws.noiseGanReal);
        const generated = judged(sample.z0Hat, draws.noiseGan);
        return {
          fake: fakeLosses(model, params, sample, draws)['gan']!,
          fakeByHand: discriminatorLoss(real, generated),
          clean: fakeLosses(model, params, sample, rsdInputs(inputs))['gan']!,
          student: studentLosses(model, params, encodeBatch(model, draws), draws, objective)['gan']!,
          studentByHand: generatorLoss(generated),
        };
      },
      {
        ...groupFeeds({ autoencoder, student, teacher, fake, head }),
        ...batch,
        tGan,
        noiseGan: noiseLike('gan'),
        noiseGanReal: noiseLike('gan real'),
      },
    );
    expect(maxDifference(found['fake']!, found['fakeByHand']!)).toBeLessThan(1e-5);
    expect(maxDifference(found['student']!, found['studentByHand']!)).toBeLessThan(1e-5);
    expect(maxDifference(found['fake']!, found['clean']!)).toBeGreaterThan(1e-4);
  });
});

describe('draws of an update', () => {
  const rsd = {
    timesteps: [14, 7],
    inputs: 'real',
    noiseChannels: 1,
    gan: { weight: 1, head: 'dmd2', noisy: false },
  } as const;
  const context = { latent: [8, 8, 3], timesteps: [0, 1, 2], gan: true, lastPass: false } as const;
  const names = (over: object, update: 'fake' | 'student', rest: object = {}): string[] =>
    Object.keys(updateDraws({ ...context, ...rest, rsd: { ...rsd, timesteps: [14, 7], ...over } }, update)).sort();
  const always = ['noiseT', 't', 'tn'];

  it('are those that its options need', () => {
    expect(names({}, 'fake')).toEqual([...always, 'eps', 'noiseTn'].sort());
    expect(names({ noiseChannels: 0 }, 'student')).toEqual([...always, 'noiseTn'].sort());
    expect(names({ inputs: 'generated' }, 'student')).toEqual([...always, 'eps'].sort());
    const noisy = { gan: { ...rsd.gan, noisy: true } };
    const inBoth = [...always, 'eps', 'noiseTn', 'noiseGan', 'tGan'];
    expect(names(noisy, 'fake')).toEqual([...inBoth, 'noiseGanReal'].sort());
    expect(names(noisy, 'student')).toEqual([...inBoth].sort());
    expect(names(noisy, 'student', { gan: false })).toEqual([...always, 'eps', 'noiseTn'].sort());
    expect(names({}, 'student', { lastPass: true })).toEqual(
      [...always, 'eps', 'epsLast', 'noiseLast', 'noiseTn'].sort(),
    );
    expect(names({}, 'fake', { lastPass: true })).toEqual(names({}, 'fake'));
  });
});
