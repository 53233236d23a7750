/** @file Parameter names, order and shapes against the manifests of official models. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { goldenPath } from '../helpers/golden.js';
import { goldenAutoencoderConfig, goldenUNetConfig } from '../helpers/golden_networks.js';
import { goldenJson } from '../helpers/golden_tensors.js';

interface Manifest {
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  readonly state_dict: Readonly<Record<string, { readonly shape: readonly number[]; readonly kind: string }>>;
}

const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

describe.each(readdirSync(goldenPath('manifests')))('%s', (file) => {
  const manifest = goldenJson<Manifest>('manifests', file);
  const specs: ParamSpec[] = manifest.config['ddconfig']
    ? autoencoderSpecs(goldenAutoencoderConfig(manifest.config))
    : unetSpecs(goldenUNetConfig(manifest.config));

  it('lists the same parameters in the same order with the same shapes', () => {
    const expected = Object.entries(manifest.state_dict).filter(([, entry]) => entry.kind === 'parameter');
    expect(specs.map(({ name, shape }) => [name, shape])).toEqual(expected.map(([name, { shape }]) => [name, shape]));
  });

  it('counts the same number of values', () => {
    expect(specs.reduce((sum, { shape }) => sum + elements(shape), 0)).toBe(manifest.parameters);
  });
});

describe('fresh initialisation', () => {
  const { config } = goldenJson<Manifest>('manifests', 'unet-full.json');
  const specs = new Map(unetSpecs(goldenUNetConfig(config)).map((spec) => [spec.name, spec]));

  it.each([
    ['input_blocks.0.0.weight', { kind: 'fan-in', fanIn: 6 * 9 }],
    ['input_blocks.0.0.bias', { kind: 'fan-in', fanIn: 6 * 9 }],
    ['time_embed.0.bias', { kind: 'fan-in', fanIn: 160 }],
    ['input_blocks.1.0.out_layers.3.weight', { kind: 'constant', value: 0 }],
    ['input_blocks.1.0.out_layers.3.bias', { kind: 'constant', value: 0 }],
    ['input_blocks.1.0.in_layers.0.weight', { kind: 'constant', value: 1 }],
    ['input_blocks.1.1.blocks.0.attn.relative_position_bias_table', { kind: 'truncated-normal', std: 0.02 }],
    ['out.2.weight', { kind: 'fan-in', fanIn: 160 * 9 }],
  ])('starts %s as the reference does', (name, init) => {
    expect(specs.get(name)?.init).toEqual(init);
  });
});
