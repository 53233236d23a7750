/** @file Recomputation: the same loss and gradients, through trained and frozen networks, op by op and compiled. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensors } from '../../src/engine/tfjs.js';
import { decode } from '../../src/nn/autoencoder.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { unet } from '../../src/nn/unet.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { lossGradients } from '../../src/optimizer/gradients.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { sampleArray } from '../helpers/gradient_check.js';
import { groupFeeds, groupOf, groupResults } from '../helpers/param_groups.js';
import { smallAutoencoder, smallUNet } from '../helpers/small_networks.js';

/** One level: compiling the gradient of two networks takes a while. */
const network = { ...smallUNet, numResBlocks: [1], channelMult: [1], attentionResolutions: [16], swinDepth: 1 };

const trees = {
  student: formulaTree(unetSpecs(network), 1),
  teacher: formulaTree(unetSpecs(network), 2),
  autoencoder: formulaTree(autoencoderSpecs(smallAutoencoder), 3),
};
const feeds = {
  ...groupFeeds(trees),
  x: sampleArray('x', [1, 16, 16, 3]),
  lq: sampleArray('lq', [1, 16, 16, 3]),
  t: { shape: [1], data: Int32Array.of(3) },
};

/** A loss as the student's: through its own output, a frozen network on it, and the decoded image. */
function gradientsOf(inputs: Tensors, recompute: boolean): Tensors {
  const [student, teacher, autoencoder] = ['student', 'teacher', 'autoencoder'].map((group) => groupOf(inputs, group));
  const rest = { t: inputs['t']!, lq: inputs['lq']! };
  const { total, grads } = lossGradients(
    { student: student! },
    () => {
      const estimate = unet(student!, network, { x: inputs['x']!, ...rest });
      const judged = unet(teacher!, network, { x: estimate, ...rest });
      const image = decode(autoencoder!, smallAutoencoder, estimate, { quantize: false });
      return { total: tf.add(tf.mean(tf.square(judged)), tf.mean(tf.square(image))), terms: {} };
    },
    { recompute },
  );
  return { total, ...groupResults('grad', grads['student']!) };
}

describe.each(engineKinds)('recomputation, %s', (kind) => {
  it('changes neither the loss nor a gradient', async () => {
    const tensors = tf.memory().numTensors;
    const kept = await evaluate(kind, (inputs) => gradientsOf(inputs, false), feeds);
    const found = await evaluate(kind, (inputs) => gradientsOf(inputs, true), feeds);
    expect(Object.keys(found).sort()).toEqual(Object.keys(kept).sort());
    expect(Object.keys(groupOf(found, 'grad'))).toHaveLength(trees.student.size);
    for (const [name, expected] of Object.entries(kept)) {
      // Op by op only sums over blocks are in another order; a graph may also fuse the same operations differently.
      const tolerance = (kind === 'eager' ? 1e-5 : 1e-4) * maxAbs(expected);
      expect(maxDifference(found[name]!, expected), name).toBeLessThanOrEqual(tolerance);
      expect(maxAbs(expected), name).toBeGreaterThan(0);
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
