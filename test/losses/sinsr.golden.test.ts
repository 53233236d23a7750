/** @file SinSR's terms against the reference code's: values and gradients. */
import { describe, expect, it } from 'vitest';
import { priorSample } from '../../src/diffusion/forward_process.js';
import { createEngine } from '../../src/engine/engine.js';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { sinsrLoss, type SinsrLatents, type SinsrOptions } from '../../src/losses/sinsr.js';
import { treeToMemory } from '../../src/models/layout.js';
import { unet } from '../../src/nn/unet.js';
import { lossGradients } from '../../src/optimizer/gradients.js';
import { sinsrMaps } from '../../src/student/sinsr_maps.js';
import { engineKinds, prepareFor } from '../helpers/evaluate.js';
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
import { groupOf, groupResults } from '../helpers/param_groups.js';
import { pathWalker } from '../helpers/sampling.js';
import { choice, chosenTerms } from '../helpers/term_choice.js';

// Golden README: rows diffusion/sinsr_training, and diffusion/loop_* for the teacher's path.
const LOSS = 1e-4;
const GRADIENT = 1e-2;
const PATH = 1e-4;

interface Case {
  options: { learn_xT?: boolean; finetune_use_gt?: number; xT_cov_loss?: number; loss_in_image_space?: boolean };
  terms_per_sample: Record<string, number[]>;
  loss_mean: number;
  grads: Record<string, GradSummary>;
}

const FILE = ['diffusion', 'sinsr_training.json'];
const TERMS = ['distillation', 'inverse', 'groundTruth', 'covariance'] as const;
/** Golden names; that of the ground truth in image space is another. */
const REFERENCE = { distillation: 'mse', inverse: 'mse_xT', groundTruth: 'mse_gt', covariance: 'mse_xT_cov' } as const;
const REFERENCE_IN_IMAGE_SPACE = { ...REFERENCE, groundTruth: 'mse_gt_rgb' } as const;

/** The terms' weights in a case. */
const weightsOf = ({ learn_xT, finetune_use_gt = 0, xT_cov_loss = 0 }: Case['options']): Record<string, number> => ({
  distillation: 1,
  inverse: learn_xT ? 1 : 0,
  groundTruth: finetune_use_gt,
  covariance: xT_cov_loss,
});

/** Compiling takes seconds, but minutes on a machine that trains meanwhile. */
const COMPILE_TIME = 600_000;

describe('SinSR loss', { timeout: COMPILE_TIME }, () => {
  const title = 'agrees in every combination of terms, %s';
  it.skipIf(!hasGolden(...FILE)).each(engineKinds)(goldenTitle(title, ...FILE), async (kind) => {
    const { cases } = goldenJson<{ cases: Record<string, Case> }>(...FILE);
    const golden = await goldenTensors('diffusion', 'sinsr_training.safetensors');
    const process = goldenProcess();
    const { schedule } = process;
    const network = await goldenUNet('micro');
    const autoencoder = await goldenAutoencoder('micro');
    const before = tf.memory().numTensors;
    const engine = createEngine({ kind });
    try {
      const student = treeToMemory(trainedStudent(network));
      const constants = { teacher: treeToMemory(network.tree), autoencoder: treeToMemory(autoencoder.tree) };
      await engine.define(constants, { constants: true });
      await engine.define({ student });
      const { gt, lq, noise } = golden;
      const images = { gt: gt!, lq: lq!, noise: noise! };
      const encoded = await prepareFor(engine, images, (inputs, state) => {
        const firstStage = goldenFirstStage(autoencoder.config, state.read('autoencoder'), process);
        const zy = firstStage.encodeLq(inputs['lq']!);
        return { z0: firstStage.encode(inputs['gt']!), zy, zT: priorSample(schedule, zy, inputs['noise']!) };
      }).run(images);
      const [z0, zy, zT] = [encoded['z0']!, encoded['zy']!, encoded['zT']!];
      const walk = pathWalker(engine, { process, unet: network.config }, 'teacher');
      const teacher = (await walk('deterministic', { lq: lq!, zy, z: zT })).at(-1)!.z;
      expect(maxDifference(zT, golden['z_T']!)).toBeLessThan(PATH);
      expect(maxDifference(teacher, golden['z_start_teacher']!)).toBeLessThan(PATH);

      const feeds = { lq: lq!, gt: gt!, z0, zy, zT, teacher };
      const spaces = [false, true].map((inImageSpace) =>
        prepareFor(engine, { ...feeds, ...choice(TERMS) }, (inputs, state) => {
          const params = state.read('student');
          const call = (x: Tensor, t: Tensor): Tensor => unet(params, network.config, { x, t, lq: inputs['lq']! });
          const { decode } = goldenFirstStage(autoencoder.config, state.read('autoencoder'), process);
          const options: SinsrOptions = {
            inverse: true,
            groundTruth: true,
            covariance: schedule.noiseVariance[schedule.steps - 1],
            ...(inImageSpace ? { image: { decode, hr: inputs['gt']! } } : {}),
          };
          const { total, grads, extras } = lossGradients({ params }, () => {
            const maps = sinsrMaps(process, call, inputs['zy']!);
            const perSample = sinsrLoss(maps, inputs as unknown as SinsrLatents, options);
            const means = Object.fromEntries(TERMS.map((name) => [name, tf.mean(perSample[name]!)]));
            return { total: chosenTerms(inputs, means), terms: {}, extras: perSample };
          });
          return { total, ...extras, ...groupResults('grad', grads['params']!) };
        }),
      );
      for (const [name, { options, loss_mean: loss, terms_per_sample: terms, grads }] of Object.entries(cases)) {
        const inImageSpace = options.loss_in_image_space === true;
        // Compiling another program takes twenty seconds for one case: image space is held op by op.
        if (inImageSpace && kind === 'compiled') continue;
        const reference = inImageSpace ? REFERENCE_IN_IMAGE_SPACE : REFERENCE;
        const found = await spaces[inImageSpace ? 1 : 0]!.run({ ...feeds, ...choice(TERMS, weightsOf(options)) });
        expect(Math.abs(found['total']!.data[0]! / loss - 1), name).toBeLessThan(LOSS);
        for (const term of TERMS.filter((key) => weightsOf(options)[key])) {
          terms[reference[term]]!.forEach((value, i) =>
            expect(Math.abs(found[term]!.data[i]! / value - 1), `${name} ${term}`).toBeLessThan(LOSS),
          );
        }
        const worst = worstGradError(groupOf(found, 'grad'), grads);
        expect(worst.error, `${name} ${worst.name}`).toBeLessThan(GRADIENT);
      }
    } finally {
      engine.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
