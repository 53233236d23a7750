/** @file ResShift's training loss in all parameterisations, weighted and not: values and gradients. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PredictType } from '../../src/diffusion/config.js';
import { qSample, scaleInput } from '../../src/diffusion/forward_process.js';
import { predictStart, trainingTarget } from '../../src/diffusion/parameterisation.js';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import type { Engine, Executable } from '../../src/engine/types.js';
import { resshiftLoss } from '../../src/losses/resshift.js';
import { treeToMemory } from '../../src/models/layout.js';
import { unet } from '../../src/nn/unet.js';
import { lossGradients } from '../../src/optimizer/gradients.js';
import { engineKinds, prepareFor } from '../helpers/evaluate.js';
import {
  goldenAutoencoder,
  goldenFirstStage,
  goldenProcess,
  goldenUNet,
  trainedStudent,
} from '../helpers/golden_models.js';
import { worstGradError, type GradSummary } from '../helpers/golden_networks.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { groupOf, groupResults } from '../helpers/param_groups.js';
import { choice, chosenTerms } from '../helpers/term_choice.js';

// Golden README, row diffusion/resshift_training; tensors on the way as diffusion/steps, relative to their largest value.
const LOSS = 1e-4;
const GRADIENT = 1e-2;
const TENSOR = 1e-5;

interface Case {
  loss_per_sample: number[];
  grads: Record<string, GradSummary>;
}

const { cases } = goldenJson<{ cases: Record<string, Case> }>('diffusion', 'resshift_training.json');

const names = Object.keys(cases);
const typeOf = (name: string): PredictType => name.replace('_weighted', '') as PredictType;

describe.each(engineKinds)('ResShift training loss, %s', (kind) => {
  let golden: Record<string, HostArray>;
  let engine: Engine;
  let program: Executable;
  let feeds: Record<string, HostArray>;

  beforeAll(async () => {
    golden = await goldenTensors('diffusion', 'resshift_training.safetensors');
    const network = await goldenUNet('micro');
    const autoencoder = await goldenAutoencoder('micro');
    engine = createEngine({ kind });
    await engine.define({
      unet: treeToMemory(trainedStudent(network)),
      autoencoder: treeToMemory(autoencoder.tree),
    });
    feeds = Object.fromEntries(['gt', 'lq', 't', 'noise'].map((name) => [name, golden[name]!]));
    // One network for all cases: the parameterisation changes what its output is held to, not its input.
    program = prepareFor(engine, { ...feeds, ...choice(names) }, (inputs, state) => {
      const process = goldenProcess();
      const firstStage = goldenFirstStage(autoencoder.config, state.read('autoencoder'), process);
      const [lq, t, noise] = [inputs['lq']!, inputs['t']!, inputs['noise']!];
      const { z0, zy } = firstStage.encodePair(inputs['gt']!, lq);
      const zt = qSample(process.schedule, z0, zy, t, noise);
      const params = state.read('unet');
      const { total, extras, grads } = lossGradients({ params }, () => {
        const output = unet(params, network.config, { x: scaleInput(process.schedule, zt, t), t, lq });
        const perSample: Record<string, Tensor> = {};
        const starts: Record<string, Tensor> = {};
        for (const name of names) {
          const type = typeOf(name);
          const { schedule } = goldenProcess({ predict_type: type });
          const target = trainingTarget(schedule, type, { z0, zy, noise, t });
          perSample[name] = resshiftLoss(schedule, type, { output, target, t, weighted: name.endsWith('_weighted') });
          starts[name] = predictStart(schedule, type, output, { zt, zy, t }).clone();
        }
        const means = Object.fromEntries(names.map((name) => [name, tf.mean(perSample[name]!)]));
        const extras = { ...groupResults('perSample', perSample), ...groupResults('start', starts) };
        return { total: chosenTerms(inputs, means), terms: {}, extras };
      });
      return { total, zt, ...extras, ...groupResults('grad', grads['params']!) };
    });
  });
  afterAll(() => {
    engine.dispose();
  });

  it.each(names)('agrees for %s', async (name) => {
    const before = tf.memory().numTensors;
    const found = await program.run({ ...feeds, ...choice(names, { [name]: 1 }) });
    expect(tf.memory().numTensors).toBe(before);
    const { loss_per_sample: expected, grads } = cases[name]!;
    const perSample = found[`perSample/${name}`]!.data;
    expected.forEach((value, i) => expect(Math.abs(perSample[i]! / value - 1)).toBeLessThan(LOSS));
    const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
    expect(Math.abs(found['total']!.data[0]! / mean - 1)).toBeLessThan(LOSS);
    const agrees = (value: HostArray, reference: HostArray): void =>
      expect(maxDifference(value, reference) / maxAbs(reference)).toBeLessThan(TENSOR);
    agrees(found['zt']!, golden['z_t']!);
    agrees(found[`start/${name}`]!, golden[`pred_zstart_${typeOf(name)}`]!);
    const worst = worstGradError(groupOf(found, 'grad'), grads);
    expect(worst.error, worst.name).toBeLessThan(GRADIENT);
  });
});
