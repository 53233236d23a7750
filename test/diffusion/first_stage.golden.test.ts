/** @file From low-resolution image to restored image and back to golden data: enlargement, encoding, sampling, decoding. */
import { describe, expect, it } from 'vitest';
import type { FirstStage } from '../../src/diffusion/first_stage.js';
import { priorSample } from '../../src/diffusion/forward_process.js';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import type { StateAccess } from '../../src/engine/types.js';
import { treeToMemory } from '../../src/models/layout.js';
import { decode, quantize } from '../../src/nn/autoencoder.js';
import { bicubicUpsample } from '../../src/nn/bicubic_upsample.js';
import { engineKinds, evaluate, prepareFor } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenAutoencoder, goldenFirstStage, goldenProcess, goldenUNet, type Size } from '../helpers/golden_models.js';
import { goldenTensors, item, items, maxDifference } from '../helpers/golden_tensors.js';
import { pathWalker } from '../helpers/sampling.js';

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

describe.each(['micro', 'tiny'] as Size[])('image_%s', (size) => {
  const file = ['diffusion', `image_${size}.safetensors`];
  it.skipIf(!hasGolden(...file)).each(engineKinds)(
    goldenTitle('is encoded, sampled and decoded the same way, %s', ...file),
    async (kind) => {
      const golden = await goldenTensors(...file);
      const { lr, noises } = golden as Record<'lr' | 'noises', HostArray>;
      const process = goldenProcess();
      const unet = await goldenUNet(size);
      const autoencoder = await goldenAutoencoder(size);
      const before = tf.memory().numTensors;
      const engine = createEngine({ kind });
      try {
        await engine.define({ unet: treeToMemory(unet.tree), autoencoder: treeToMemory(autoencoder.tree) });
        const firstStage = (state: StateAccess): FirstStage =>
          goldenFirstStage(autoencoder.config, state.read('autoencoder'), process);
        const start = { lq: lr, noise: item(noises, 0) };
        const encoded = await prepareFor(engine, start, ({ lq, noise }, state) => {
          const zy = firstStage(state).encodeLq(lq!);
          return { zy, zT: priorSample(process.schedule, zy, noise!) };
        }).run(start);
        const walk = pathWalker(engine, { process, unet: unet.config }, 'unet');
        const from = { lq: lr, zy: encoded['zy']!, z: encoded['zT']!, noises: items(noises) };
        const stochastic = await walk('stochastic', from);
        const found = {
          z_y: from.zy,
          final_latent: stochastic.at(-1)!.z,
          ddim_latent: (await walk('deterministic', from)).at(-1)!.z,
          one_step_latent: stochastic[0]!.z0,
        };
        // A code that flips at a tie changes the whole image, so images are compared from the same latent.
        const ends = {
          final: found.final_latent,
          expectedFinal: golden['final_latent']!,
          oneStep: golden['one_step_latent']!,
        };
        const decoded = await prepareFor(engine, ends, ({ final, expectedFinal, oneStep }, state) => {
          const vq = state.read('autoencoder');
          const { decode: decodeImage } = firstStage(state);
          return {
            codes: quantize(vq, autoencoder.config, final!).indices,
            expected_codes: quantize(vq, autoencoder.config, expectedFinal!).indices,
            final_image: decodeImage(expectedFinal!),
            ...(golden['one_step_image'] ? { one_step_image: decodeImage(oneStep!) } : {}),
            ...(golden['final_image_not_quantized']
              ? { final_image_not_quantized: decode(vq, autoencoder.config, final!, { quantize: false }) }
              : {}),
          };
        }).run(ends);
        for (const [name, value] of Object.entries(found)) {
          expect(maxDifference(value, golden[name]!), name).toBeLessThan(LATENT);
        }
        const { codes, expected_codes: expectedCodes, ...images } = decoded;
        for (const [name, image] of Object.entries(images)) {
          expect(maxDifference(image, golden[name]!), name).toBeLessThan(IMAGE);
        }
        const flips = countFlips(codes!, expectedCodes!, golden['codebook_gap']!);
        expect(flips).toBeLessThan(0.01 * golden['codebook_gap']!.data.length);
      } finally {
        engine.dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
