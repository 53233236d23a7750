/** @file Time sinusoids, relative positions and shift masks against golden data. */
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf } from '../../src/engine/tfjs.js';
import { sinusoids } from '../../src/nn/time_embedding.js';
import { lastRowMask, relativePositionIndex } from '../../src/nn/window_geometry.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenTensors, maxDifference } from '../helpers/golden_tensors.js';

const FILE = 'unet_primitives.safetensors';
const golden = hasGolden(FILE) ? await goldenTensors(FILE) : {};
const named = (prefix: string): [string, HostArray][] =>
  Object.entries(golden).filter(([name]) => name.startsWith(prefix));

describe.skipIf(!hasGolden(FILE))(goldenTitle('golden primitives', FILE), () => {
  it.each(named('relative_position_index_w'))('%s', (name, { data }) => {
    const window = Number(/\d+$/.exec(name)![0]);
    expect(relativePositionIndex(window)).toEqual(data);
  });

  it.each(named('attn_mask_shift'))('%s', (name, { shape, data }) => {
    const [shift, height, width] = /shift(\d+)_(\d+)x(\d+)/.exec(name)!.slice(1).map(Number) as [
      number,
      number,
      number,
    ];
    const tokens = shape[1]!;
    const window = Math.sqrt(tokens);
    const columns = width / window;
    const expected = new Float32Array(data.length);
    if (shift > 0) {
      const lastRow = (height / window - 1) * columns;
      for (let column = 0; column < columns; column++)
        expected.set(lastRowMask(window, shift), (lastRow + column) * tokens * tokens);
    }
    expect(data).toEqual(expected);
  });

  it.each(engineKinds)('time sinusoids, %s', async (kind) => {
    for (const [name, embedding] of named('timestep_embedding_')) {
      const [steps, channels] = embedding.shape as [number, number];
      const t = { shape: [steps], data: Int32Array.from({ length: steps }, (_, step) => step) };
      const found = await evaluate(kind, (inputs) => ({ e: sinusoids(inputs['t']!, channels) }), { t });
      expect(maxDifference(found['e']!, embedding), name).toBeLessThan(1e-6);
    }
  });
});

it('appends a zero to odd widths', () => {
  const before = tf.memory().numTensors;
  const values = tf.tidy(() => sinusoids(tf.tensor1d([3], 'int32'), 5).dataSync());
  expect(values.length).toBe(5);
  expect(values[0]).toBeCloseTo(Math.cos(3), 6);
  expect(values[3]).toBeCloseTo(Math.sin(3 * 10000 ** -0.5), 6);
  expect(values[4]).toBe(0);
  expect(tf.memory().numTensors).toBe(before);
});
