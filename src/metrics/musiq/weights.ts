/** @file MUSIQ's published parameters, and the form in which its network takes them. */
import type { ParamSpec } from '../../nn/param_spec.js';
import { SpecList } from '../../nn/spec_list.js';
import type { HostTensor, HostTree } from '../../weights/tree.js';
import { joinedQkv } from '../qkv.js';
import { GRID } from './patches.js';

export const WIDTH = 384;
export const LAYERS = 14;
const MLP_WIDTH = 1152;
const SIZES = 3;
/** Convolutions of the patch encoder: inputs, outputs, side. Weights are standardised, there are no biases. */
const CONVOLUTIONS = {
  conv_root: [3, 64, 7],
  'block1.conv1': [64, 64, 1],
  'block1.conv2': [64, 64, 3],
  'block1.conv3': [64, 256, 1],
  'block1.conv_proj': [64, 256, 1],
} as const;
/** Values of a patch after its encoder: 8x8 positions of 256 channels. */
const ENCODED = 8 * 8 * 256;
const ENCODER = 'transformer_encoder';

/** Parameters by their published names. */
export function musiqSpecs(): ParamSpec[] {
  const list = new SpecList();
  for (const [name, [inputs, outputs, side]] of Object.entries(CONVOLUTIONS)) {
    const init = { kind: 'fan-in', fanIn: inputs * side * side } as const;
    list.add(`${name}.weight`, [outputs, inputs, side, side], init);
    list.norm(name.replace('conv', 'gn'), outputs);
  }
  list.linear('embedding', ENCODED, WIDTH);
  const table = { kind: 'truncated-normal', std: 0.02 } as const;
  list.add(`${ENCODER}.cls`, [1, 1, WIDTH], table);
  list.add(`${ENCODER}.posembed_input.position_emb`, [1, GRID * GRID, WIDTH], table);
  list.add(`${ENCODER}.scaleembed_input.scale_emb`, [SIZES, WIDTH], table);
  list.norm(`${ENCODER}.encoder_norm`, WIDTH);
  for (let layer = 0; layer < LAYERS; layer++) {
    const name = `${ENCODER}.transformer.encoderblock_${layer}`;
    list.norm(`${name}.norm1`, WIDTH);
    for (const part of ['query', 'key', 'value', 'out']) list.linear(`${name}.attention.${part}`, WIDTH, WIDTH);
    list.norm(`${name}.norm2`, WIDTH);
    list.linear(`${name}.mlp.fc1`, WIDTH, MLP_WIDTH);
    list.linear(`${name}.mlp.fc2`, MLP_WIDTH, WIDTH);
  }
  list.linear('head', WIDTH, 1);
  return list.specs;
}

/** Each filter with mean 0 and (unbiased) deviation 1 (Qiao et al., "Micro-batch training with weight standardization", 2019). */
function standardised({ shape, data }: HostTensor): HostTensor {
  const size = data.length / shape[0]!;
  const out = new Float32Array(data.length);
  for (let filter = 0; filter < shape[0]!; filter++) {
    const values = data.subarray(filter * size, (filter + 1) * size);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (size - 1));
    out.set(
      values.map((value) => (value - mean) / (deviation + 1e-5)),
      filter * size,
    );
  }
  return { shape, data: out };
}

/** A parameter's name in the network. */
function shortName(name: string): string {
  return name
    .replace(/^embedding\./, 'patch_projection.')
    .replace(/^transformer_encoder\.transformer\.encoderblock_/, 'block_')
    .replace(/^transformer_encoder\./, '')
    .replace('.attention.out.', '.proj.')
    .replace('.mlp.', '.');
}

/**
 * Published parameters -> the network's, both in official layout: filters standardised, query, key and value joined, names
 * of tables such that they stay tables in memory.
 */
export function preparedMusiq(tree: HostTree): HostTree {
  const prepared = new Map<string, HostTensor>();
  for (const [name, tensor] of tree) {
    const { shape, data } = tensor;
    if (name.endsWith('.cls')) prepared.set('cls', { shape: [WIDTH], data });
    else if (name.endsWith('position_emb')) prepared.set('place_embedding.weight', { shape: shape.slice(1), data });
    else if (name.endsWith('scale_emb')) prepared.set('size_embedding.weight', tensor);
    else if (!/\.(query|key|value)\./.test(name)) prepared.set(shortName(name), tensor);
  }
  for (const name of Object.keys(CONVOLUTIONS)) {
    prepared.set(`${name}.weight`, standardised(tree.get(`${name}.weight`)!));
  }
  for (let layer = 0; layer < LAYERS; layer++) {
    const attention = `${ENCODER}.transformer.encoderblock_${layer}.attention`;
    const parts = ['query', 'key', 'value'].map((part) => `${attention}.${part}`);
    for (const kind of ['weight', 'bias']) prepared.set(`block_${layer}.qkv.${kind}`, joinedQkv(tree, parts, kind));
  }
  return prepared;
}
