/** @file Attention: windows against a token-by-token computation, query blocks against one product. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { spatialAttention } from '../../src/nn/spatial_attention.js';
import { windowAttention } from '../../src/nn/window_attention.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { expectSameFunction, sampleArray } from '../helpers/gradient_check.js';
import { maxDifference } from '../helpers/golden_tensors.js';

const SIDE = { heads: 2, window: 4, channels: 6 };

/** Windowed attention in JavaScript numbers; `qkv` and `proj` are identities, so q = k = v = x. */
function plainWindows(
  x: Float32Array,
  table: Float32Array,
  height: number,
  width: number,
  shift: number,
): Float32Array {
  const { heads, window, channels } = SIDE;
  const [tokens, headWidth] = [window * window, channels / heads];
  const out = new Float32Array(x.length);
  for (let row = 0; row < height / window; row++) {
    for (let column = 0; column < width / window; column++) {
      const pixel = (token: number): number => {
        const y = (row * window + Math.floor(token / window) + shift) % height;
        return y * width + ((column * window + (token % window) + shift) % width);
      };
      for (let head = 0; head < heads; head++) {
        const value = (token: number, d: number): number => x[pixel(token) * channels + head * headWidth + d]!;
        for (let p = 0; p < tokens; p++) {
          const weights = Array.from({ length: tokens }, (_, k) => {
            let logit = 0;
            for (let d = 0; d < headWidth; d++) logit += (value(p, d) * value(k, d)) / Math.sqrt(headWidth);
            const dy = Math.floor(p / window) - Math.floor(k / window) + window - 1;
            const dx = (p % window) - (k % window) + window - 1;
            const wrapped = (token: number): boolean => token % window >= window - shift;
            const masked = shift > 0 && row === height / window - 1 && wrapped(p) !== wrapped(k);
            return Math.exp(logit + table[(dy * (2 * window - 1) + dx) * heads + head]! - (masked ? 100 : 0));
          });
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          for (let d = 0; d < headWidth; d++) {
            const mixed = weights.reduce((sum, weight, k) => sum + weight * value(k, d), 0);
            out[pixel(p) * channels + head * headWidth + d] = mixed / total;
          }
        }
      }
    }
  }
  return out;
}

describe.each(engineKinds)('%s', (kind) => {
  it.each([0, 2])('windows with shift %i', async (shift) => {
    const { heads, window, channels } = SIDE;
    const [height, width] = [8, 12];
    const x = sampleArray('x', [1, height, width, channels]);
    const table = sampleArray('table', [(2 * window - 1) ** 2, heads]);
    const found = await evaluate(
      kind,
      (inputs) => {
        const identity = tf.eye(channels);
        const params = {
          'a.qkv.weight': tf.concat([identity, identity, identity], 1),
          'a.qkv.bias': tf.zeros([3 * channels]),
          'a.proj.weight': identity,
          'a.proj.bias': tf.zeros([channels]),
          'a.relative_position_bias_table': inputs['table']!,
        };
        return { y: windowAttention(params, 'a', inputs['x']!, { heads, window, shift }) };
      },
      { x, table },
    );
    const expected = plainWindows(x.data as Float32Array, table.data as Float32Array, height, width, shift);
    expect(maxDifference(found['y']!, { shape: x.shape, data: expected })).toBeLessThan(1e-5);
  });

  it('attention in blocks of queries equals attention at once', async () => {
    const names = ['q', 'k', 'v', 'proj_out'];
    const run =
      (maxLogits: number) =>
      (x?: Tensor, ...rest: (Tensor | undefined)[]) => {
        const params = Object.fromEntries(
          names.flatMap((name, i) => [
            [`a.${name}.weight`, rest[2 * i]!],
            [`a.${name}.bias`, rest[2 * i + 1]!],
          ]),
        );
        return spatialAttention(params, 'a', x!, maxLogits);
      };
    const shapes = [[2, 3, 5, 4], ...names.flatMap(() => [[1, 1, 4, 4], [4]])];
    // 4 of 15 queries at a time: three full blocks and a short one.
    await expectSameFunction(kind, run(4 * 2 * 15), run(1e9), shapes);
  });
});
