/** @file The discriminator against golden data, and its head's variants. */
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { UserError } from '../../src/errors/user_error.js';
import { discriminate } from '../../src/fake/discriminator.js';
import { ganHead, ganHeadSpecs } from '../../src/fake/gan_head.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { goldenHead } from '../helpers/golden_rsd.js';
import { goldenDistillation } from '../helpers/golden_rsd.js';
import { goldenJson, goldenTensors } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf } from '../helpers/param_groups.js';

// Golden README, row rsd/.
const LOSS = 2e-4;

const features = (size: number): HostArray => {
  const shape = [2, size, size, goldenHead.channels];
  return { shape, data: Float32Array.from({ length: 2 * size * size * goldenHead.channels }, (_, i) => Math.sin(i)) };
};

describe.each(engineKinds)('discriminator, %s', (kind) => {
  it('gives the golden logits of real and generated latents', async () => {
    const golden = await goldenTensors('rsd', 'single.safetensors');
    const { gan_d: expected } = goldenJson<{ gan_d: Record<'logits_real' | 'logits_fake', number[]> }>(
      'rsd',
      'single.json',
    );
    const { trees, model } = await goldenDistillation('micro');
    const feeds = groupFeeds({ fake: trees.fake, head: trees.head, autoencoder: trees.autoencoder });
    for (const name of ['z0', 'z0_hat', 'lq']) feeds[name] = golden[name]!;
    const before = tf.memory().numTensors;
    const found = await evaluate(
      kind,
      (inputs: Tensors) => {
        const { process, unet } = model(groupOf(inputs, 'autoencoder'));
        const params = { fake: groupOf(inputs, 'fake'), head: groupOf(inputs, 'head') };
        const logits = (z: string): Tensor =>
          discriminate({ process, unet, head: goldenHead }, params, inputs[z]!, { lq: inputs['lq']! });
        return { logits_real: logits('z0'), logits_fake: logits('z0_hat') };
      },
      feeds,
    );
    for (const name of ['logits_real', 'logits_fake'] as const) {
      expected[name].forEach((value, i) => {
        expect(Math.abs(found[name]!.data[i]! - value), name).toBeLessThan(
          LOSS * Math.max(...expected[name].map(Math.abs)),
        );
      });
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('averages over positions: the pooled head takes features of any size', async () => {
    const config = { ...goldenHead, kind: 'pooled' } as const;
    const tree = formulaTree(ganHeadSpecs(config));
    for (const size of [2, 8]) {
      const { logits } = await evaluate(
        kind,
        (inputs) => ({ logits: ganHead(groupOf(inputs, 'head'), config, inputs['features']!) }),
        { ...groupFeeds({ head: tree }), features: features(size) },
      );
      expect(logits!.shape).toEqual([2]);
      expect(logits!.data[0]).not.toBe(logits!.data[1]);
    }
  });
});

describe('head', () => {
  it('has the golden parameters', async () => {
    const { trees } = await goldenDistillation('micro');
    const named = ganHeadSpecs(goldenHead).map(({ name, shape }) => [name, shape]);
    expect(Object.fromEntries(named)).toEqual(
      Object.fromEntries([...trees.head].map(([name, { shape }]) => [name, shape])),
    );
  });

  it('rejects features that its second convolution does not fit on, and groups of one channel', () => {
    const tooSmall = (): Tensor => tf.tidy(() => ganHead({}, goldenHead, tf.zeros([1, 4, 4, goldenHead.channels])));
    expect(tooSmall).toThrow(UserError);
    expect(tooSmall).toThrow(/rsd\.gan\.head/);
    expect(() => ganHeadSpecs({ ...goldenHead, groups: goldenHead.channels })).toThrow(UserError);
  });
});
