/** @file The autoencoder's anchored option: what it adds to latent and image. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { treeToMemory } from '../../src/models/layout.js';
import { decode, encode, quantize } from '../../src/nn/autoencoder.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { bicubicUpsample } from '../../src/nn/bicubic_upsample.js';
import { blockCoefficients, imageOfCoefficients } from '../../src/nn/block_transform.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { fedParams, paramFeeds } from '../helpers/golden_networks.js';
import { maxAbs } from '../helpers/golden_tensors.js';
import { sampleArray } from '../helpers/gradient_check.js';
import { smallAutoencoder } from '../helpers/small_networks.js';

describe.each(engineKinds)('anchored, %s', (kind) => {
  it('adds scaled block coefficients to the latent, and the image they make', async () => {
    const plain = { ...smallAutoencoder, embedDim: 6, zChannels: 6 };
    const anchored = { ...plain, anchored: 2 };
    const found = await evaluate(
      kind,
      (inputs) => {
        const params = fedParams(inputs);
        const { image, z } = inputs as Record<'image' | 'z', Tensor>;
        const difference = (run: (config: typeof plain) => Tensor): Tensor => tf.sub(run(anchored), run(plain));
        const blocks = tf.reshape(image, [1, 4, 4, 8, 4, 3]);
        const latent = difference((config) => encode(params, config, image));
        const codes = quantize(params, plain, z).quantized;
        const added = difference((config) => decode(params, config, z));
        return {
          // The first three are the mean colours.
          means: tf.sub(tf.slice(latent, [0, 0, 0, 0], [1, 4, 8, 3]), tf.mul(tf.mean(blocks, [2, 4]), 2)),
          // The image that is added has the coefficients of the codes, so the transform is orthonormal.
          coefficients: tf.sub(blockCoefficients(added, 4, 6), tf.div(codes, 2)),
        };
      },
      {
        ...paramFeeds(Object.fromEntries(treeToMemory(formulaTree(autoencoderSpecs(plain))))),
        image: sampleArray('image', [1, 16, 32, 3]),
        z: sampleArray('z', [1, 4, 8, 6]),
      },
    );
    for (const [name, rest] of Object.entries(found)) expect(maxAbs(rest), name).toBeLessThan(1e-5);
  });

  it('is exact when the latent holds every coefficient of a grey image', async () => {
    const { rest } = await evaluate(
      kind,
      ({ grey }) => {
        const image = tf.concat([grey!, grey!, grey!], 3);
        return { rest: tf.sub(imageOfCoefficients(blockCoefficients(image, 4, 18), 4, 3), image) };
      },
      { grey: sampleArray('grey', [1, 8, 12, 1]) },
    );
    expect(maxAbs(rest!)).toBeLessThan(1e-5);
  });

  it('follows the bicubic enlargement where only colours are known', async () => {
    const { flat } = await evaluate(
      kind,
      () => {
        const ramp = tf.linspace(-1, 1, 6).reshape([1, 1, 6, 1]).tile([1, 5, 1, 3]);
        const image = imageOfCoefficients(ramp, 4, 3);
        // A linear ramp is enlarged to a linear ramp, whose block means are the ramp itself: nothing to correct inside.
        const inner = (x: Tensor): Tensor => tf.slice(x, [0, 8, 8, 0], [1, 4, 8, 3]);
        return { flat: tf.sub(inner(image), inner(bicubicUpsample(ramp, 4))) };
      },
      {},
    );
    expect(maxAbs(flat!)).toBeLessThan(1e-5);
  });
});
