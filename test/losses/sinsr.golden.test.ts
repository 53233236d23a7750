/** @file SinSR's terms against the reference code's: values and gradients. */
import { describe, expect, it } from 'vitest';
import { priorSample } from '../../src/diffusion/forward_process.js';
import { sampleDeterministic } from '../../src/diffusion/samplers.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { sinsrLoss } from '../../src/losses/sinsr.js';
import { weightedSum } from '../../src/losses/weighted_sum.js';
import { unet } from '../../src/nn/unet.js';
import { resshift } from '../../src/teacher/resshift.js';
import { lossGradients } from '../../src/training/gradients.js';
import { evaluate } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import {
  goldenAutoencoder,
  goldenFirstStage,
  goldenProcess,
  goldenUNet,
  trainedStudent,
} from '../helpers/golden_models.js';
import { worstGradError, type GradSummary } from '../helpers/golden_networks.js';
import { goldenJson, goldenTensors, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf, groupResults } from '../helpers/param_groups.js';

// Golden README: rows diffusion/sinsr_training, and diffusion/loop_* for the teacher's path.
const LOSS = 1e-4;
const GRADIENT = 1e-2;
const PATH = 1e-4;

interface Case {
  options: { learn_xT?: boolean; finetune_use_gt?: number };
  terms_per_sample: { mse: number[]; loss: number[] };
  loss_mean: number;
  grads: Record<string, GradSummary>;
}

const FILE = ['diffusion', 'sinsr_training.json'];

describe('SinSR loss', () => {
  it.skipIf(!hasGolden(...FILE))(goldenTitle('agrees in every published combination of terms', ...FILE), async () => {
    const { cases } = goldenJson<{ cases: Record<string, Case> }>(...FILE);
    // The reference has further options (covariance and image-space terms), which the published training leaves off.
    const published = Object.entries(cases).filter(([, { options }]) =>
      Object.keys(options).every((key) => ['learn_xT', 'finetune_use_gt'].includes(key)),
    );
    const golden = await goldenTensors('diffusion', 'sinsr_training.safetensors');
    const process = goldenProcess();
    const network = await goldenUNet('micro');
    const autoencoder = await goldenAutoencoder('micro');
    const feeds = groupFeeds({
      teacher: network.tree,
      student: trainedStudent(network),
      autoencoder: autoencoder.tree,
    });
    for (const name of ['gt', 'lq', 'noise']) feeds[name] = golden[name]!;
    const before = tf.memory().numTensors;
    const found = await evaluate(
      'eager',
      (inputs: Tensors) => {
        const { schedule } = process;
        const firstStage = goldenFirstStage(autoencoder.config, groupOf(inputs, 'autoencoder'), process);
        const lq = inputs['lq']!;
        const [z0, zy] = [firstStage.encode(inputs['gt']!), firstStage.encodeLq(lq)];
        const zT = priorSample(schedule, zy, inputs['noise']!);
        const denoise = resshift({ process, unet: network.config }, groupOf(inputs, 'teacher'), { lq, zy });
        const teacher = sampleDeterministic(schedule, denoise, zy, zT);
        const params = groupOf(inputs, 'student');
        const student = (x: Tensor, t: Tensor): Tensor => unet(params, network.config, { x, t, lq });
        const results: Record<string, Tensor> = { zT, teacher };
        for (const [name, { options }] of published) {
          const { total, grads, extras } = lossGradients({ params }, () => {
            const { distillation, inverse, groundTruth } = sinsrLoss(schedule, student, { zT, teacher, z0 });
            const terms = {
              distillation: tf.mean(distillation),
              ...(options.learn_xT ? { inverse: tf.mean(inverse) } : {}),
              ...(options.finetune_use_gt ? { groundTruth: tf.mean(groundTruth) } : {}),
            };
            return {
              total: weightedSum(terms, { groundTruth: options.finetune_use_gt! }),
              terms,
              extras: { distillation },
            };
          });
          Object.assign(results, { [`${name}/total`]: total, [`${name}/mse`]: extras['distillation']! });
          Object.assign(results, groupResults(`${name}/grad`, grads['params']!));
        }
        return results;
      },
      feeds,
    );
    expect(maxDifference(found['zT']!, golden['z_T']!)).toBeLessThan(PATH);
    expect(maxDifference(found['teacher']!, golden['z_start_teacher']!)).toBeLessThan(PATH);
    expect(published.length).toBeGreaterThan(2);
    for (const [name, { loss_mean: loss, terms_per_sample: terms, grads }] of published) {
      expect(Math.abs(found[`${name}/total`]!.data[0]! / loss - 1), name).toBeLessThan(LOSS);
      terms.mse.forEach((value, i) =>
        expect(Math.abs(found[`${name}/mse`]!.data[i]! / value - 1), name).toBeLessThan(LOSS),
      );
      const worst = worstGradError(groupOf(found, `${name}/grad`), grads);
      expect(worst.error, `${name} ${worst.name}`).toBeLessThan(GRADIENT);
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
