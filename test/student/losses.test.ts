/** @file What must hold for RSD's losses whatever the weights: the start of a distillation, the pass from the last timestep. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { mseLoss } from '../../src/losses/mse.js';
import { rsdLoss } from '../../src/losses/rsd.js';
import { lossGradients } from '../../src/optimizer/gradients.js';
import { generate, generateFromPrior } from '../../src/student/generate.js';
import { studentLosses, type StudentObjective } from '../../src/student/losses.js';
import { encodeBatch } from '../../src/student/sample.js';
import { widenByNoise } from '../../src/student/widen.js';
import { resshift } from '../../src/teacher/denoiser.js';
import { evaluate } from '../helpers/evaluate.js';
import { goldenDistillation, rsdInputs, type GoldenDistillation } from '../helpers/golden_rsd.js';
import { goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf, groupResults } from '../helpers/param_groups.js';

const objective: StudentObjective = {
  distillation: { loss: rsdLoss, powerTen: false, sidNormalization: true },
  gan: false,
};

describe('RSD losses', () => {
  let golden: Record<string, HostArray>;
  let distillation: GoldenDistillation;

  beforeAll(async () => {
    golden = await goldenTensors('rsd', 'single.safetensors');
    distillation = await goldenDistillation('micro');
  });

  const batch = (): Record<string, HostArray> =>
    Object.fromEntries(['gt', 'lq', 'tn', 'noise_xtn', 'eps', 't', 'noise_t'].map((name) => [name, golden[name]!]));

  it('start from a student that is the teacher, whatever its noise', async () => {
    const { teacher } = distillation.trees;
    const { student, reference } = await evaluate(
      'eager',
      (inputs: Tensors) => {
        const { process, unet, studentUnet } = distillation.model(groupOf(inputs, 'autoencoder'));
        const { tn: t, lq, eps } = rsdInputs(inputs);
        const [zt, zy] = [inputs['x_tn']!, inputs['y']!];
        const noisy = { zt, t, lq, zy, eps: tf.mul(eps!, 100) };
        return {
          student: generate({ process, unet: studentUnet }, groupOf(inputs, 'student'), noisy),
          reference: resshift({ process, unet }, groupOf(inputs, 'teacher'), { lq, zy })(zt, t),
        };
      },
      {
        ...groupFeeds({ teacher, student: widenByNoise(teacher, 1) }),
        ...batch(),
        x_tn: golden['x_tn']!,
        y: golden['y']!,
      },
    );
    expect(maxDifference(student!, reference!)).toBeLessThan(1e-6);
  });

  it('vanish, with their gradient, where the fake is the teacher', async () => {
    const { teacher, student, autoencoder } = distillation.trees;
    const found = await evaluate(
      'eager',
      (inputs: Tensors) => {
        const model = distillation.model(groupOf(inputs, 'autoencoder'));
        const params = groupOf(inputs, 'student');
        const draws = rsdInputs(inputs);
        const latents = encodeBatch(model, draws);
        const frozen = groupOf(inputs, 'teacher');
        const { total, grads } = lossGradients({ params }, () => {
          const all = { student: params, teacher: frozen, fake: frozen };
          const { loss } = studentLosses(model, all, latents, draws, objective);
          return { total: loss!, terms: {} };
        });
        return { total, ...groupResults('grad', grads['params']!) };
      },
      { ...groupFeeds({ teacher, student, autoencoder }), ...batch() },
    );
    expect(found['total']!.data[0]).toBe(0);
    // Two backward passes of opposite sign cancel to rounding; golden gradients of this size are near 0.07.
    for (const [name, grad] of Object.entries(groupOf(found, 'grad'))) expect(maxAbs(grad), name).toBeLessThan(1e-6);
  });

  it('take the perceptual term on a pass of its own from the prior, and leave the others as they are', async () => {
    const found = await evaluate(
      'eager',
      (inputs: Tensors) => {
        const model = distillation.model(groupOf(inputs, 'autoencoder'));
        const { process, studentUnet, firstStage } = model;
        const draws = { ...rsdInputs(inputs), noiseLast: inputs['noise_last']!, epsLast: inputs['eps_last']! };
        const latents = encodeBatch(model, draws);
        const student = groupOf(inputs, 'student');
        const all = { student, teacher: groupOf(inputs, 'teacher'), fake: groupOf(inputs, 'fake') };
        const metric = (decoded: Tensor, hr: Tensor): Tensor => mseLoss(decoded, hr);
        const both = studentLosses(model, all, latents, draws, { ...objective, perceptual: { metric, from: 'last' } });
        const alone = studentLosses(model, all, latents, draws, objective);
        const last = generateFromPrior({ process, unet: studentUnet }, student, {
          lq: draws.lq,
          zy: latents.zy,
          noise: draws.noiseLast,
          eps: draws.epsLast,
        });
        const expected = tf.mean(mseLoss(firstStage.decode(last), draws.hr));
        return { loss: both['loss']!, alone: alone['loss']!, perceptual: both['perceptual']!, expected };
      },
      {
        ...groupFeeds(distillation.trees),
        ...batch(),
        // Any other noise of the right shape.
        noise_last: golden['noise_t']!,
        eps_last: { ...golden['eps']!, data: golden['eps']!.data.slice().reverse() },
      },
    );
    const value = (name: string): number => found[name]!.data[0]!;
    expect(Math.abs(value('loss') / value('alone') - 1)).toBeLessThan(1e-4);
    expect(Math.abs(value('perceptual') / value('expected') - 1)).toBeLessThan(1e-5);
  });
});
