/** @file The VQ autoencoder against golden data: latents, codes, images and gradients, op by op and compiled. */
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { codebookLoss, commitmentLoss } from '../../src/losses/autoencoder.js';
import { decode, encode, quantize } from '../../src/nn/autoencoder.js';
import type { AutoencoderConfig } from '../../src/nn/autoencoder_config.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { decoder } from '../../src/nn/decoder.js';
import { encoder } from '../../src/nn/encoder.js';
import { linear } from '../../src/nn/linear.js';
import { lookUpCodes } from '../../src/nn/quantizer.js';
import type { HostTensor } from '../../src/weights/tree.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import {
  fedParams,
  goldenAutoencoderConfig,
  goldenGradSummaries,
  goldenParams,
  paramFeeds,
  worstGradError,
} from '../helpers/golden_networks.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';

// Golden README: latents 1e-4, images 2e-4, gradients 1e-2 of their largest.
const LATENT = 1e-4;
const IMAGE = 2e-4;
const GRADIENT = 1e-2;

const folders = [
  { folder: 'vqgan-micro', weights: 'weights.safetensors' },
  { folder: 'vqgan-tiny', weights: 'weights_half.pth' },
];

/** The reference's codebook loss: it weighs the codebook's side by 0.25, where van den Oord et al. weigh the commitment. */
function referenceLoss(params: Tensors, z: Tensor, indices: Tensor): Tensor {
  const codes = lookUpCodes(params, indices);
  return tf.add(tf.mean(commitmentLoss(codes, z)), tf.mul(tf.mean(codebookLoss(codes, z)), 0.25));
}

describe.each(folders)('$folder', ({ folder, weights }) => {
  let config: AutoencoderConfig;
  let params: Record<string, HostTensor>;
  const summary = (): { loss: string; value: number } => goldenJson(folder, 'grads_summary.json');

  beforeAll(async () => {
    config = goldenAutoencoderConfig(goldenJson<{ config: Record<string, unknown> }>(folder, 'info.json').config);
    params = await goldenParams(autoencoderSpecs(config), folder, weights);
  });

  describe.skipIf(!hasGolden(folder, weights)).each(engineKinds)(goldenTitle('%s', folder, weights), (kind) => {
    describe.each(['square.safetensors', 'wide.safetensors'])('%s', (file) => {
      it.skipIf(!hasGolden(folder, file))(goldenTitle('is encoded, quantised and decoded', folder, file), async () => {
        const golden = await goldenTensors(folder, file);
        const found = await evaluate(
          kind,
          (inputs) => {
            const fed = fedParams(inputs);
            const latent = encode(fed, config, inputs['image']!);
            const stored = inputs['latent']!;
            const { quantized, indices } = quantize(fed, config, latent);
            const imageGrad = (quantise: boolean): Tensor =>
              tf.grad((z: Tensor) =>
                tf.mean(tf.mul(decode(fed, config, z, { quantize: quantise }), inputs['target']!)),
              )(stored);
            return {
              encoder_out: encoder(fed, config, inputs['image']!),
              latent,
              quantized,
              indices,
              vq_loss: referenceLoss(fed, stored, indices),
              decode_quantized: decode(fed, config, stored),
              decode_not_quantized: decode(fed, config, stored, { quantize: false }),
              grad_latent_quantized: imageGrad(true),
              grad_latent_not_quantized: imageGrad(false),
            };
          },
          { ...paramFeeds(params), image: golden['image']!, latent: golden['latent']!, target: golden['target']! },
        );
        const error = (key: string): number => maxDifference(found[key]!, golden[key]!);
        expect(error('encoder_out')).toBeLessThan(LATENT);
        expect(error('latent')).toBeLessThan(LATENT);
        expect(error('indices')).toBe(0);
        expect(error('quantized')).toBeLessThan(1e-6);
        expect(found['vq_loss']!.data[0]! / golden['vq_loss']!.data[0]!).toBeCloseTo(1, 4);
        for (const key of ['decode_quantized', 'decode_not_quantized']) expect(error(key), key).toBeLessThan(IMAGE);
        for (const key of ['grad_latent_quantized', 'grad_latent_not_quantized'])
          expect(error(key) / maxAbs(golden[key]!), key).toBeLessThan(GRADIENT);
      });
    });

    it('gives the gradients of the reconstruction and codebook losses for all parameters', async () => {
      const { image } = await goldenTensors(folder, 'square.safetensors');
      const names = Object.keys(params);
      const found = await evaluate(
        kind,
        (inputs) => {
          const loss = (...values: Tensor[]): Tensor => {
            const current: Tensors = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
            const z = encode(current, config, inputs['image']!);
            const { quantized, indices } = quantize(current, config, z);
            const decoded = decoder(current, config, linear(current, 'post_quant_conv', quantized));
            const reconstruction = tf.mean(tf.squaredDifference(decoded, inputs['image']!));
            return tf.add(reconstruction, referenceLoss(current, z, indices));
          };
          const fed = fedParams(inputs);
          const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => fed[name]!));
          return { loss: value, ...Object.fromEntries(names.map((name, i) => [name, grads[i]!])) };
        },
        { ...paramFeeds(params), image: image! },
      );
      expect(found['loss']!.data[0]! / summary().value).toBeCloseTo(1, 4);
      const worst = worstGradError(found, goldenGradSummaries(folder, 'grads_summary.json'));
      expect(worst.error, worst.name).toBeLessThan(GRADIENT);
    });
  });
});
