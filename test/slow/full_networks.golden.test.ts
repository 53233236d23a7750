/** @file The official-size networks under formula weights against golden data: 118.6M and 55.3M parameters, some GB of memory. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import type { HostArray } from '../../src/engine/types.js';
import { decode, encode, quantize } from '../../src/nn/autoencoder.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import { unet, unetFeatures } from '../../src/nn/unet.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { treeToMemory } from '../../src/weights/layout.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaInput, formulaTree } from '../helpers/formula_weights.js';
import {
  fedParams,
  goldenAutoencoderConfig,
  goldenGradSummaries,
  goldenUNetConfig,
  paramFeeds,
  worstGradError,
} from '../helpers/golden_networks.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference, toChannelsLast } from '../helpers/golden_tensors.js';

// Golden README, row full-formula: 5e-5 absolute; activations 5e-5 and gradients 1e-2 of their largest, as elsewhere.
const OUTPUT = 5e-5;
const ACTIVATION = 5e-5;
const GRADIENT = 1e-2;

interface Info {
  readonly salt: number;
  readonly timestep: number;
  readonly codebook_salt: number;
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly amp: number }>>;
}

const info = goldenJson<Info>('full-formula', 'info.json');
const manifest = (file: string): Readonly<Record<string, unknown>> =>
  goldenJson<{ config: Record<string, unknown> }>('manifests', file).config;
const config = goldenUNetConfig(manifest('unet-full.json'));

function input(name: string): HostArray {
  const { shape, amp } = info.inputs[`input:${name}`]!;
  return toChannelsLast(formulaInput(`input:${name}`, shape, amp, info.salt));
}

function formulaFeeds(specs: readonly ParamSpec[]): Record<string, HostArray> {
  return paramFeeds(Object.fromEntries(treeToMemory(formulaTree(specs, info.salt))));
}

const timesteps: HostArray = { shape: [1], data: Int32Array.of(info.timestep) };

describe.each(engineKinds)('%s', (kind) => {
  it('gives the U-Net output and the middle block', async () => {
    const golden = await goldenTensors('full-formula', 'unet.safetensors');
    const found = await evaluate(
      kind,
      (inputs) => {
        const seen = { x: inputs['x']!, t: inputs['t']!, lq: inputs['lq']! };
        const params = fedParams(inputs);
        return { out: unet(params, config, seen), middle_block: unetFeatures(params, config, seen) };
      },
      { ...formulaFeeds(unetSpecs(config)), x: input('x'), lq: input('lq'), t: timesteps },
    );
    expect(maxDifference(found['out']!, golden['out']!)).toBeLessThan(OUTPUT);
    const middle = golden['middle_block']!;
    expect(maxDifference(found['middle_block']!, middle) / maxAbs(middle)).toBeLessThan(ACTIVATION);
  });

  it('gives the output of the student', async () => {
    const golden = await goldenTensors('full-formula', 'student.safetensors');
    const student = goldenUNetConfig(manifest('unet-student.json'));
    const found = await evaluate(
      kind,
      (inputs) => {
        const { x, lq, noise, t } = inputs as Record<'x' | 'lq' | 'noise' | 't', Tensor>;
        return { out: unet(fedParams(inputs), student, { x, t, lq, noise }) };
      },
      { ...formulaFeeds(unetSpecs(student)), x: input('x'), lq: input('lq'), noise: input('noise'), t: timesteps },
    );
    expect(maxDifference(found['out']!, golden['out']!)).toBeLessThan(OUTPUT);
  });

  it('gives latent, codes and images of the autoencoder', async () => {
    const golden = await goldenTensors('full-formula', 'vqgan.safetensors');
    const vq = goldenAutoencoderConfig(manifest('vqgan-full.json'));
    const specs = autoencoderSpecs(vq);
    const codebook = treeToMemory(
      formulaTree(
        specs.filter(({ name }) => name.endsWith('embedding.weight')),
        info.codebook_salt,
      ),
    );
    const found = await evaluate(
      kind,
      (inputs) => {
        const params = fedParams(inputs);
        const latent = encode(params, vq, inputs['image']!);
        const stored = inputs['latent']!;
        return {
          latent,
          ...quantize(params, vq, latent),
          decode_quantized: decode(params, vq, stored),
          decode_not_quantized: decode(params, vq, stored, { quantize: false }),
        };
      },
      {
        ...formulaFeeds(specs),
        ...paramFeeds(Object.fromEntries(codebook)),
        image: golden['image']!,
        latent: golden['latent']!,
      },
    );
    expect(maxDifference(found['indices']!, golden['indices']!)).toBe(0);
    for (const key of ['latent', 'quantized', 'decode_quantized', 'decode_not_quantized'])
      expect(maxDifference(found[key]!, golden[key]!), key).toBeLessThan(OUTPUT);
  });
});

// Op by op this needs 9 GB, and the smaller networks hold both engines to the same gradients.
it('compiled, gives the gradients of mean(out * target) of the U-Net', async () => {
  const golden = await goldenTensors('full-formula', 'unet.safetensors');
  const names = unetSpecs(config).map(({ name }) => name);
  const found = await evaluate(
    'compiled',
    (inputs) => {
      const fed = fedParams(inputs);
      const loss = (...values: Tensor[]): Tensor => {
        const params = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        const [x, lq] = values.slice(names.length) as [Tensor, Tensor];
        return tf.mean(tf.mul(unet(params, config, { x, t: inputs['t']!, lq }), inputs['target']!));
      };
      const grads = tf.grads(loss)([...names.map((name) => fed[name]!), inputs['x']!, inputs['lq']!]);
      return Object.fromEntries([...names, 'grad_x', 'grad_lq'].map((name, i) => [name, grads[i]!]));
    },
    {
      ...formulaFeeds(unetSpecs(config)),
      x: input('x'),
      lq: input('lq'),
      target: input('target'),
      t: timesteps,
    },
  );
  for (const key of ['grad_x', 'grad_lq'])
    expect(maxDifference(found[key]!, golden[key]!) / maxAbs(golden[key]!), key).toBeLessThan(GRADIENT);
  const worst = worstGradError(found, goldenGradSummaries('full-formula', 'unet_grads_summary.json'));
  expect(worst.error, worst.name).toBeLessThan(GRADIENT);
});
