/** @file Vector quantisation: ties, blocks, straight-through gradient. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { quantize } from '../../src/nn/quantizer.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { sampleArray } from '../helpers/gradient_check.js';
import { maxDifference } from '../helpers/golden_tensors.js';
import { smallAutoencoder } from '../helpers/small_networks.js';

describe.each(engineKinds)('%s', (kind) => {
  it('takes the first of equally near codes', async () => {
    // Codes 1, 3 and 6 are the same, as are 0 and 5; enough positions that the search runs in parallel.
    const codes = [0, 0, 1, 1, 2, 2, 1, 1, 3, 3, 0, 0, 1, 1];
    const data = Float32Array.from({ length: 2 * 4096 }, (_, i) => (Math.floor(i / 2) % 2 === 0 ? 0.9 : 0.1));
    const found = await evaluate(
      kind,
      ({ z, codebook }) => ({
        ...quantize({ 'quantize.embedding.weight': codebook! }, { ...smallAutoencoder, embedDim: 2 }, z!),
      }),
      { z: { shape: [1, 64, 64, 2], data }, codebook: { shape: [7, 2], data: Float32Array.from(codes) } },
    );
    expect(found['indices']!.data).toEqual(Int32Array.from({ length: 4096 }, (_, i) => (i % 2 === 0 ? 1 : 0)));
  });

  it('finds the nearest codes in blocks, and passes the gradient through', async () => {
    const z = sampleArray('z', [2, 5, 7, 3]);
    const codebook = sampleArray('codebook', [50, 3]);
    const weights = sampleArray('weights', z.shape);
    const found = await evaluate(
      kind,
      (inputs) => {
        const params = { 'quantize.embedding.weight': inputs['codebook']! };
        // 16 of 70 positions at a time.
        const blocked = (latent: Tensor): ReturnType<typeof quantize> =>
          quantize(params, smallAutoencoder, latent, 16 * 50);
        const gradient = tf.grad((latent: Tensor) => tf.sum(tf.mul(blocked(latent).quantized, inputs['weights']!)))(
          inputs['z']!,
        );
        return { ...blocked(inputs['z']!), gradient };
      },
      { z, codebook, weights },
    );
    const nearest = (position: number): number => {
      const distances = Array.from({ length: 50 }, (_, code) =>
        [0, 1, 2].reduce((sum, d) => sum + (z.data[3 * position + d]! - codebook.data[3 * code + d]!) ** 2, 0),
      );
      return distances.indexOf(Math.min(...distances));
    };
    const indices = Int32Array.from({ length: 70 }, (_, position) => nearest(position));
    expect(found['indices']).toEqual({ shape: [2, 5, 7], data: indices });
    const codes = Float32Array.from(
      { length: 210 },
      (_, i) => codebook.data[3 * indices[Math.floor(i / 3)]! + (i % 3)]!,
    );
    expect(found['quantized']!.data).toEqual(codes);
    expect(maxDifference(found['gradient']!, weights)).toBe(0);
  });
});
