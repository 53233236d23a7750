/** @file What feeds the networks of metrics, and how their published parameters are read: counts, patches, crops, folding. */
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../../src/images/pixels.js';
import { batchNormSpecs, foldBatchNorm } from '../../src/metrics/batch_norm.js';
import { clipSpecs, textSide } from '../../src/metrics/clip/weights.js';
import { inceptionSpecs } from '../../src/metrics/fid/inception.js';
import { maniqaCorners } from '../../src/metrics/maniqa.js';
import { maniqaSpecs, neededName } from '../../src/metrics/maniqa/weights.js';
import { cutPatches, PATCH } from '../../src/metrics/musiq/patches.js';
import { musiqSpecs } from '../../src/metrics/musiq/weights.js';
import { formulaTree } from '../helpers/formula_weights.js';

describe('published parameters', () => {
  // Counted in the state dicts of the toolbox's networks (without what is not needed here).
  it.each([
    ['Inception v3', inceptionSpecs(), [470, 21_820_000]],
    ['MUSIQ', musiqSpecs(), [248, 27_125_825]],
    ['CLIP RN50', clipSpecs(), [433, 101_957_985]],
    ['MANIQA', maniqaSpecs(), [272, 114_164_578]],
  ] as const)('%s', (_, specs, [tensors, values]) => {
    expect(new Set(specs.map(({ name }) => name)).size).toBe(tensors);
    expect(specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(values);
  });

  it('MANIQA passes over what nothing runs through', () => {
    expect(['vit.head.weight', 'vit.blocks.11.norm1.bias', 'swintransformer1.downsample.bias'].map(neededName)).toEqual(
      [undefined, undefined, undefined],
    );
    expect(neededName('vit.blocks.1.norm1.bias')).toBe('vit.blocks.1.norm1.bias');
  });
});

it('folds a batch normalisation into the convolution before it', () => {
  const tree = formulaTree([{ name: 'conv.weight', shape: [3, 2, 1, 1] }, ...batchNormSpecs('bn', 3)]);
  const positive = tree.get('bn.running_var')!.data.map((value) => 1 + value);
  const usable = new Map(tree).set('bn.running_var', { shape: [3], data: positive });
  const { weight, bias } = foldBatchNorm(usable, 'conv', 'bn', 0.01);
  const at = (name: string, i: number): number => usable.get(name)!.data[i]!;
  const x = [0.7, -1.3];
  for (let out = 0; out < 3; out++) {
    const product = (data: Float32Array): number => x[0]! * data[2 * out]! + x[1]! * data[2 * out + 1]!;
    const plain = product(usable.get('conv.weight')!.data);
    const normal = (plain - at('bn.running_mean', out)) / Math.sqrt(at('bn.running_var', out) + 0.01);
    const expected = normal * at('bn.weight', out) + at('bn.bias', out);
    expect(product(weight.data) + bias.data[out]!).toBeCloseTo(expected, 5);
  }
});

it('adds the embeddings of places to those of tokens', () => {
  const specs = [
    { name: 'token_embedding.weight', shape: [4, 512] },
    { name: 'positional_embedding', shape: [3, 512] },
    { name: 'text_projection', shape: [512, 2] },
  ];
  const tree = formulaTree(specs);
  const side = textSide(tree, [
    [3, 1],
    [3, 2],
  ]);
  const { shape, data } = side.get('prompt_embedding.weight')!;
  expect(shape).toEqual([4, 512]);
  const [tokens, places] = [tree.get('token_embedding.weight')!.data, tree.get('positional_embedding')!.data];
  expect(data[3 * 512 + 5]).toBe(Math.fround(tokens[2 * 512 + 5]! + places[512 + 5]!));
  // Stored as inputs x outputs, unlike linear layers.
  expect(side.get('text_projection.weight')!.shape).toEqual([2, 512]);
});

describe('the patches of MUSIQ', () => {
  // 100x140 becomes 160x224 and 274x384: 5x7, 9x12 and 4x5 patches.
  const image: Pixels = { height: 100, width: 140, data: new Float32Array(100 * 140 * 3).fill(1) };
  const { count, values, places, sizes } = cutPatches(image);

  it('have the places and sizes that the toolbox gives them', () => {
    expect(count).toBe(35 + 108 + 20);
    expect([...sizes].filter((size) => size === 1)).toHaveLength(108);
    expect([...places.slice(0, 9)]).toEqual([0, 1, 2, 4, 5, 7, 8, 20, 21]);
    expect([...places.slice(143)]).toEqual([0, 2, 4, 6, 8, 20, 22, 24, 26, 28, 50, 52, 54, 56, 58, 70, 72, 74, 76, 78]);
  });

  it('lie around the middle of the image, zero beyond it', () => {
    // 100 rows in four patches of 32: 14 above, 14 below. 140 columns in five: 10 on each side.
    const first = values.subarray(143 * PATCH * PATCH * 3, 144 * PATCH * PATCH * 3);
    const at = (y: number, x: number): number => first[(y * PATCH + x) * 3]!;
    expect([at(13, 10), at(14, 9), at(14, 10), at(31, 31)]).toEqual([0, 0, 1, 1]);
  });
});

it('MANIQA looks at the same crops of every image of a size, all inside', () => {
  const size = { height: 300, width: 224 };
  const corners = maniqaCorners(size);
  expect(corners).toEqual(maniqaCorners(size));
  expect(new Set(corners.map(({ top }) => top)).size).toBeGreaterThan(10);
  for (const { top, left } of corners) {
    expect(left).toBe(0);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(top).toBeLessThanOrEqual(76);
  }
});
