/** @file The official-size networks under formula weights against golden data: 118.6M and 55.3M parameters, some GB of memory. */
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import type { Executable, Program } from '../../src/engine/types.js';
import { treeToMemory } from '../../src/models/layout.js';
import { decode, encode, quantize } from '../../src/nn/autoencoder.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import { unet, unetFeatures } from '../../src/nn/unet.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { lossGradients } from '../../src/optimizer/gradients.js';
import type { HostTree } from '../../src/weights/tree.js';
import { engineKinds, prepareFor } from '../helpers/evaluate.js';
import { formulaInput, formulaTree } from '../helpers/formula_weights.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import {
  goldenAutoencoderConfig,
  goldenGradSummaries,
  goldenUNetConfig,
  worstGradError,
} from '../helpers/golden_networks.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference, toChannelsLast } from '../helpers/golden_tensors.js';
import { groupOf, groupResults } from '../helpers/param_groups.js';

// Golden README, row full-formula: 5e-5 absolute; activations 5e-5 and gradients 1e-2 of their largest, as elsewhere.
const OUTPUT = 5e-5;
const ACTIVATION = 5e-5;
const GRADIENT = 1e-2;

interface Info {
  readonly salt: number;
  readonly timestep: number;
  readonly codebook_salt: number;
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly amp: number }>>;
  readonly spot_values: Readonly<Record<string, { readonly idx: readonly number[]; readonly val: readonly number[] }>>;
  readonly unet: { readonly loss: number };
}

const FOLDER = 'full-formula';
const FILE = [FOLDER, 'info.json'];
const PARAMS = 'params';

const manifest = (file: string): Readonly<Record<string, unknown>> =>
  goldenJson<{ config: Record<string, unknown> }>('manifests', file).config;

function input(info: Info, name: string): HostArray {
  const { shape, amp } = info.inputs[`input:${name}`]!;
  return toChannelsLast(formulaInput(`input:${name}`, shape, amp, info.salt));
}

/** Holds an error to its tolerance, and prints both. */
function expectWithin(error: number, tolerance: number, name: string): void {
  console.log(`${name}: error ${error.toExponential(2)}, tolerance ${tolerance}`);
  expect(error, name).toBeLessThan(tolerance);
}

describe.skipIf(!hasGolden(...FILE)).each(engineKinds)(goldenTitle('official size, %s', ...FILE), (kind) => {
  /** Runs a program once on an engine of its own, over resident weights (official layout). */
  async function run(
    weights: HostTree,
    feeds: Readonly<Record<string, HostArray>>,
    body: Program['body'],
  ): ReturnType<Executable['run']> {
    const before = tf.memory().numTensors;
    const engine = createEngine({ kind });
    try {
      await engine.define({ [PARAMS]: treeToMemory(weights) });
      return await prepareFor(engine, feeds, body).run(feeds);
    } finally {
      engine.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  }

  it('gives output, middle block and all gradients of mean(out * target) of the U-Net', async () => {
    const info = goldenJson<Info>(...FILE);
    const golden = await goldenTensors(FOLDER, 'unet.safetensors');
    const config = goldenUNetConfig(manifest('unet-full.json'));
    const weights = formulaTree(unetSpecs(config), info.salt);
    for (const [name, { idx, val }] of Object.entries(info.spot_values)) {
      const values = idx.map((i) => weights.get(name)!.data[i]);
      expect(values, name).toEqual(val.map(Math.fround));
    }
    const feeds = {
      x: input(info, 'x'),
      lq: input(info, 'lq'),
      target: input(info, 'target'),
      t: { shape: [1], data: Int32Array.of(info.timestep) },
    };
    const found = await run(weights, feeds, (inputs, state) => {
      const { x, lq, target, t } = inputs as Record<'x' | 'lq' | 'target' | 't', Tensor>;
      const params = state.read(PARAMS);
      const { total, extras, grads } = lossGradients({ params, inputs: { x, lq } }, () => {
        const out = unet(params, config, { x, t, lq });
        return { total: tf.mean(tf.mul(out, target)), terms: {}, extras: { out } };
      });
      return {
        loss: total,
        ...extras,
        middle_block: unetFeatures(params, config, { x, t, lq }),
        ...groupResults('input', grads['inputs']!),
        ...groupResults('grad', grads['params']!),
      };
    });
    expectWithin(maxDifference(found['out']!, golden['out']!), OUTPUT, `${kind} U-Net output`);
    const relative = (value: HostArray, expected: HostArray): number =>
      maxDifference(value, expected) / maxAbs(expected);
    expectWithin(relative(found['middle_block']!, golden['middle_block']!), ACTIVATION, `${kind} middle block`);
    expectWithin(Math.abs(found['loss']!.data[0]! - info.unet.loss), OUTPUT, `${kind} loss`);
    for (const name of ['x', 'lq']) {
      expectWithin(relative(found[`input/${name}`]!, golden[`grad_${name}`]!), GRADIENT, `${kind} gradient by ${name}`);
    }
    const worst = worstGradError(groupOf(found, 'grad'), goldenGradSummaries(FOLDER, 'unet_grads_summary.json'));
    expectWithin(worst.error, GRADIENT, `${kind} gradient by ${worst.name}, the worst parameter`);
  });

  it('gives the output of the student', async () => {
    const info = goldenJson<Info>(...FILE);
    const golden = await goldenTensors(FOLDER, 'student.safetensors');
    const config: UNetConfig = goldenUNetConfig(manifest('unet-student.json'));
    const feeds = {
      x: input(info, 'x'),
      lq: input(info, 'lq'),
      noise: input(info, 'noise'),
      t: { shape: [1], data: Int32Array.of(info.timestep) },
    };
    const found = await run(formulaTree(unetSpecs(config), info.salt), feeds, (inputs, state) => {
      const { x, lq, noise, t } = inputs as Record<'x' | 'lq' | 'noise' | 't', Tensor>;
      return { out: unet(state.read(PARAMS), config, { x, t, lq, noise }) };
    });
    expectWithin(maxDifference(found['out']!, golden['out']!), OUTPUT, `${kind} student output`);
  });

  it('gives latent, codes and images of the autoencoder', async () => {
    const info = goldenJson<Info>(...FILE);
    const golden = await goldenTensors(FOLDER, 'vqgan.safetensors');
    const config = goldenAutoencoderConfig(manifest('vqgan-full.json'));
    const isCodebook = ({ name }: ParamSpec): boolean => name.endsWith('embedding.weight');
    const specs = autoencoderSpecs(config);
    const weights: HostTree = new Map([
      ...formulaTree(specs, info.salt),
      ...formulaTree(specs.filter(isCodebook), info.codebook_salt),
    ]);
    const found = await run(
      weights,
      { image: golden['image']!, latent: golden['latent']! },
      ({ image, latent: stored }, state) => {
        const params = state.read(PARAMS);
        const latent = encode(params, config, image!);
        return {
          latent,
          ...quantize(params, config, latent),
          decode_quantized: decode(params, config, stored!),
          decode_not_quantized: decode(params, config, stored!, { quantize: false }),
        };
      },
    );
    expect(maxDifference(found['indices']!, golden['indices']!)).toBe(0);
    for (const key of ['latent', 'quantized', 'decode_quantized', 'decode_not_quantized']) {
      expectWithin(maxDifference(found[key]!, golden[key]!), OUTPUT, `${kind} ${key}`);
    }
  });
});
