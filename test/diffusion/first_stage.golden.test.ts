/** @file From low-resolution image to restored image and back to golden data: enlargement, encoding, sampling, decoding. */
import { describe, expect, it } from 'vitest';
import { bicubicUpsample } from '../../src/diffusion/bicubic_upsample.js';
import { priorSample } from '../../src/diffusion/forward_process.js';
import { sampleDeterministic, sampleOneStep, sampleStochastic } from '../../src/diffusion/samplers.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import type { HostArray } from '../../src/engine/types.js';
import { decode, quantize } from '../../src/nn/autoencoder.js';
import { resshift } from '../../src/teacher/resshift.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenAutoencoder, goldenFirstStage, goldenProcess, goldenUNet, type Size } from '../helpers/golden_models.js';
import { goldenTensors, item, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf } from '../helpers/param_groups.js';

// Golden README, row diffusion/image_*.
const LATENT = 1e-4;
const IMAGE = 1e-3;
/** Latents nearer than this to a tie of two codes may decode differently. */
const GAP = 1e-3;

/** Latents whose codes differ; each must be near a tie of two codes. */
function countFlips(found: HostArray, expected: HostArray, gap: HostArray): number {
  const flips = [...found.data.keys()].filter((i) => found.data[i] !== expected.data[i]);
  for (const i of flips) expect(gap.data[i], `code ${i}`).toBeLessThan(GAP);
  return flips.length;
}

describe.each(engineKinds)('bicubicUpsample, %s', (kind) => {
  it('agrees with the reference operator', async () => {
    const { lr, lr_up: expected } = await goldenTensors('diffusion', 'image_micro.safetensors');
    const { up } = await evaluate(kind, (inputs) => ({ up: bicubicUpsample(inputs['lr']!, 4) }), { lr: lr! });
    expect(maxDifference(up!, expected!)).toBeLessThan(1e-6);
  });

  it.each([1, 2, 3, 4])('keeps a constant image and has the adjoint as its gradient, factor %i', async (factor) => {
    const shape = [2, 3, 5, 2];
    const data = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
    const { up, constant, gradient } = await evaluate(
      kind,
      ({ x }) => ({
        up: bicubicUpsample(x!, factor).clone(),
        constant: bicubicUpsample(tf.onesLike(x!), factor),
        gradient: tf.grad((v: Tensor) => tf.sum(tf.square(bicubicUpsample(v, factor))))(x!),
      }),
      { x: { shape, data } },
    );
    expect(up!.shape).toEqual([2, 3 * factor, 5 * factor, 2]);
    expect(Math.max(...Array.from(constant!.data, (value) => Math.abs(value - 1)))).toBeLessThan(1e-6);
    // <2 U x, x> = 2 |U x|^2 for the linear map U.
    const inner = data.reduce((sum, value, i) => sum + value * gradient!.data[i]!, 0);
    const norm = Array.from(up!.data).reduce((sum, value) => sum + value * value, 0);
    expect(Math.abs(inner / (2 * norm) - 1)).toBeLessThan(1e-5);
  });
});

// Op by op only: see samplers.golden.test.ts.
describe.each(['micro', 'tiny'] as Size[])('image_%s', (size) => {
  const file = ['diffusion', `image_${size}.safetensors`];
  it.skipIf(!hasGolden(...file))(goldenTitle('is encoded, sampled and decoded the same way', ...file), async () => {
    const golden = await goldenTensors(...file);
    const process = goldenProcess();
    const network = await goldenUNet(size);
    const autoencoder = await goldenAutoencoder(size);
    const feeds = groupFeeds({ unet: network.tree, autoencoder: autoencoder.tree });
    for (const name of ['lr', 'final_latent', 'one_step_latent']) feeds[name] = golden[name]!;
    for (let k = 0; k < golden['noises']!.shape[0]!; k += 1) feeds[`noises/${k}`] = item(golden['noises']!, k);
    const before = tf.memory().numTensors;
    const found = await evaluate(
      'eager',
      (inputs: Tensors) => {
        const vq = groupOf(inputs, 'autoencoder');
        const firstStage = goldenFirstStage(autoencoder.config, vq, process);
        const lq = inputs['lr']!;
        const zy = firstStage.encodeLq(lq);
        const noises = Object.values(groupOf(inputs, 'noises'));
        const { schedule } = process;
        const denoise = resshift({ process, unet: network.config }, groupOf(inputs, 'unet'), { lq, zy });
        const zT = priorSample(schedule, zy, noises[0]!);
        const final = sampleStochastic(schedule, denoise, zy, noises);
        return {
          z_y: zy,
          final_latent: final,
          ddim_latent: sampleDeterministic(schedule, denoise, zy, zT),
          one_step_latent: sampleOneStep(schedule, denoise, zT),
          codes: quantize(vq, autoencoder.config, final).indices,
          expected_codes: quantize(vq, autoencoder.config, inputs['final_latent']!).indices,
          // A code that flips at a tie changes the whole image, so images are compared from the same latent.
          final_image: firstStage.decode(inputs['final_latent']!),
          ...(golden['one_step_image'] ? { one_step_image: firstStage.decode(inputs['one_step_latent']!) } : {}),
          ...(golden['final_image_not_quantized']
            ? { final_image_not_quantized: decode(vq, autoencoder.config, final, { quantize: false }) }
            : {}),
        };
      },
      feeds,
    );
    for (const name of ['z_y', 'final_latent', 'ddim_latent', 'one_step_latent']) {
      expect(maxDifference(found[name]!, golden[name]!), name).toBeLessThan(LATENT);
    }
    for (const name of Object.keys(found).filter((key) => key.includes('image'))) {
      expect(maxDifference(found[name]!, golden[name]!), name).toBeLessThan(IMAGE);
    }
    const flips = countFlips(found['codes']!, found['expected_codes']!, golden['codebook_gap']!);
    expect(flips).toBeLessThan(0.01 * golden['codebook_gap']!.data.length);
    expect(tf.memory().numTensors).toBe(before);
  });
});
