/** @file RSD's fake and student loss on the four-level network against golden data. */
import { expect, it } from 'vitest';
import { qSample } from '../../src/diffusion/forward_process.js';
import { tf, type Tensors } from '../../src/engine/tfjs.js';
import { fakeLosses } from '../../src/fake/losses.js';
import { rsdLoss } from '../../src/losses/rsd.js';
import { lossGradients } from '../../src/optimizer/gradients.js';
import { generate } from '../../src/student/generate.js';
import { studentLosses } from '../../src/student/losses.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { worstGradError, type GradSummary } from '../helpers/golden_networks.js';
import { goldenDistillation, rsdInputs } from '../helpers/golden_rsd.js';
import { goldenJson, goldenTensors, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf, groupResults } from '../helpers/param_groups.js';

// Golden README: row rsd/; the student's output as a U-Net's.
const LOSS = 2e-4;
const GRADIENT = 1e-2;
const OUTPUT = 2e-5;

const objective = {
  distillation: { loss: rsdLoss, powerTen: false, sidNormalization: true },
  gan: false,
} as const;

const FILE = ['rsd', 'tiny_single.json'];

/** Compiling takes seconds, but minutes on a machine that trains meanwhile. */
const COMPILE_TIME = 600_000;

it.skipIf(!hasGolden(...FILE)).each(engineKinds)(
  goldenTitle('agrees on fake and student loss and their gradients, %s', ...FILE),
  { timeout: COMPILE_TIME },
  async (kind) => {
    const expected = goldenJson<{
      rsd_loss: number;
      fake_loss: number;
      student_grads: Record<string, GradSummary>;
      fake_grads: Record<string, GradSummary>;
    }>(...FILE);
    const golden = await goldenTensors('rsd', 'tiny_single.safetensors');
    const { trees, model } = await goldenDistillation('tiny');
    const { teacher, fake, student } = trees;
    const before = tf.memory().numTensors;
    const found = await evaluate(
      kind,
      (inputs: Tensors) => {
        const rsd = model(groupOf(inputs, 'autoencoder'));
        const params = { student: groupOf(inputs, 'student'), teacher: groupOf(inputs, 'teacher') };
        const fakeParams = groupOf(inputs, 'fake');
        const draws = rsdInputs(inputs);
        const { process } = rsd;
        const [z0, zy] = [inputs['z0']!, inputs['y']!];
        const ztn = qSample(process.schedule, z0, zy, draws.tn, draws.noiseTn!);
        const generator = { process, unet: rsd.studentUnet };
        const z0Hat = generate(generator, params.student, { ...draws, zt: ztn, t: draws.tn, zy });
        const zt = qSample(process.schedule, z0Hat, zy, draws.t, draws.noiseT);
        const ofFake = lossGradients({ fake: fakeParams }, () => {
          const { loss } = fakeLosses(rsd, { fake: fakeParams }, { z0, zy, z0Hat, zt }, draws);
          return { total: loss!, terms: {} };
        });
        const ofStudent = lossGradients({ student: params.student }, () => {
          const { loss } = studentLosses(rsd, { ...params, fake: fakeParams }, { z0, zy, ztn }, draws, objective);
          return { total: loss!, terms: {} };
        });
        return {
          z0Hat,
          fakeLoss: ofFake.total,
          rsdLoss: ofStudent.total,
          ...groupResults('fakeGrad', ofFake.grads['fake']!),
          ...groupResults('studentGrad', ofStudent.grads['student']!),
        };
      },
      { ...groupFeeds({ teacher, fake, student }), ...golden },
    );
    expect(maxDifference(found['z0Hat']!, golden['z0_hat']!)).toBeLessThan(OUTPUT);
    expect(Math.abs(found['fakeLoss']!.data[0]! / expected.fake_loss - 1)).toBeLessThan(LOSS);
    expect(Math.abs(found['rsdLoss']!.data[0]! / expected.rsd_loss - 1)).toBeLessThan(LOSS);
    for (const [group, summaries] of [
      ['fakeGrad', expected.fake_grads],
      ['studentGrad', expected.student_grads],
    ] as const) {
      const worst = worstGradError(groupOf(found, group), summaries);
      expect(worst.error, `${group} ${worst.name}`).toBeLessThan(GRADIENT);
    }
    expect(tf.memory().numTensors).toBe(before);
  },
);
