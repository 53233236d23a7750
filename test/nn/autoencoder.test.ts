/** @file The autoencoder's anchored option: what it adds to latent and image. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { bicubicUpsample } from '../../src/diffusion/bicubic_upsample.js';
import { decode, encode, quantize } from '../../src/nn/autoencoder.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { fedParams, paramFeeds } from '../helpers/golden_networks.js';
import { maxAbs } from '../helpers/golden_tensors.js';
import { sampleArray } from '../helpers/gradient_check.js';
import { smallAutoencoder } from '../helpers/small_networks.js';
import { treeToMemory } from '../../src/weights/layout.js';

describe.each(engineKinds)('anchored, %s', (kind) => {
  it('adds the scaled average to the latent, and its enlargement to the image', async () => {
    const plain = smallAutoencoder;
    const anchored = { ...plain, anchored: 2 };
    const found = await evaluate(
      kind,
      (inputs) => {
        const params = fedParams(inputs);
        const { image, z } = inputs as Record<'image' | 'z', Tensor>;
        const difference = (run: (config: typeof plain) => Tensor): Tensor => tf.sub(run(anchored), run(plain));
        const blocks = tf.reshape(image, [1, 4, 4, 8, 4, 3]);
        const codes = quantize(params, plain, z).quantized;
        return {
          latent: tf.sub(
            difference((config) => encode(params, config, image)),
            tf.mul(tf.mean(blocks, [2, 4]), 2),
          ),
          image: tf.sub(
            difference((config) => decode(params, config, z)),
            bicubicUpsample(tf.div(codes, 2), 4),
          ),
          unquantised: tf.sub(
            difference((config) => decode(params, config, z, { quantize: false })),
            bicubicUpsample(tf.div(z, 2), 4),
          ),
        };
      },
      {
        ...paramFeeds(Object.fromEntries(treeToMemory(formulaTree(autoencoderSpecs(plain))))),
        image: sampleArray('image', [1, 16, 32, 3]),
        z: sampleArray('z', [1, 4, 8, 3]),
      },
    );
    for (const [name, rest] of Object.entries(found)) expect(maxAbs(rest), name).toBeLessThan(1e-5);
  });
});
