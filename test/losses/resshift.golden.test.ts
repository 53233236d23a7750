/** @file ResShift's training loss in all parameterisations, weighted and not: values and gradients. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { PredictType } from '../../src/diffusion/config.js';
import { qSample, scaleInput } from '../../src/diffusion/forward_process.js';
import { predictStart, trainingTarget } from '../../src/diffusion/parameterisation.js';
import { tf, type Tensors } from '../../src/engine/tfjs.js';
import type { HostArray } from '../../src/engine/types.js';
import { resshiftLoss } from '../../src/losses/resshift.js';
import { unet } from '../../src/nn/unet.js';
import { lossGradients } from '../../src/training/gradients.js';
import { evaluate } from '../helpers/evaluate.js';
import {
  goldenAutoencoder,
  goldenFirstStage,
  goldenProcess,
  goldenUNet,
  trainedStudent,
} from '../helpers/golden_models.js';
import { worstGradError, type GradSummary } from '../helpers/golden_networks.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf, groupResults } from '../helpers/param_groups.js';

// Golden README, row diffusion/resshift_training; tensors on the way as diffusion/steps, relative to their largest value.
const LOSS = 1e-4;
const GRADIENT = 1e-2;
const TENSOR = 1e-5;

interface Case {
  loss_per_sample: number[];
  grads: Record<string, GradSummary>;
}

const { cases } = goldenJson<{ cases: Record<string, Case> }>('diffusion', 'resshift_training.json');

describe('ResShift training loss', () => {
  let golden: Record<string, HostArray>;
  let network: Awaited<ReturnType<typeof goldenUNet>>;
  let autoencoder: Awaited<ReturnType<typeof goldenAutoencoder>>;
  let feeds: Record<string, HostArray>;

  beforeAll(async () => {
    golden = await goldenTensors('diffusion', 'resshift_training.safetensors');
    network = await goldenUNet('micro');
    autoencoder = await goldenAutoencoder('micro');
    feeds = groupFeeds({ unet: trainedStudent(network), autoencoder: autoencoder.tree });
    for (const name of ['gt', 'lq', 't', 'noise']) feeds[name] = golden[name]!;
  });

  it.each(Object.keys(cases))('agrees for %s', async (name) => {
    const type = name.replace('_weighted', '') as PredictType;
    const weighted = name.endsWith('_weighted');
    const process = goldenProcess({ predict_type: type });
    const before = tf.memory().numTensors;
    const found = await evaluate(
      'eager',
      (inputs: Tensors) => {
        const { schedule } = process;
        const firstStage = goldenFirstStage(autoencoder.config, groupOf(inputs, 'autoencoder'), process);
        const params = groupOf(inputs, 'unet');
        const [lq, t, noise] = [inputs['lq']!, inputs['t']!, inputs['noise']!];
        const [z0, zy] = [firstStage.encode(inputs['gt']!), firstStage.encodeLq(lq)];
        const zt = qSample(schedule, z0, zy, t, noise);
        const target = trainingTarget(schedule, type, { z0, zy, noise, t });
        const { total, extras, grads } = lossGradients({ params }, () => {
          const output = unet(params, network.config, { x: scaleInput(schedule, zt, t), t, lq });
          const perSample = resshiftLoss(schedule, type, { output, target, t, weighted });
          const start = predictStart(schedule, type, output, { zt, zy, t });
          return { total: tf.mean(perSample), terms: {}, extras: { perSample, start: start.clone() } };
        });
        return { total, zt, ...extras, ...groupResults('grad', grads['params']!) };
      },
      feeds,
    );
    expect(tf.memory().numTensors).toBe(before);
    const { loss_per_sample: expected, grads } = cases[name]!;
    expected.forEach((value, i) => expect(Math.abs(found['perSample']!.data[i]! / value - 1)).toBeLessThan(LOSS));
    const agrees = (value: HostArray, reference: HostArray): void =>
      expect(maxDifference(value, reference) / maxAbs(reference)).toBeLessThan(TENSOR);
    agrees(found['zt']!, golden['z_t']!);
    agrees(found['start']!, golden[`pred_zstart_${type}`]!);
    const worst = worstGradError(groupOf(found, 'grad'), grads);
    expect(worst.error, worst.name).toBeLessThan(GRADIENT);
  });
});
