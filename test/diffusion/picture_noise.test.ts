import { describe, expect, it } from 'vitest';
import { contentHash, pictureNoise } from '../../src/diffusion/picture_noise.js';
import { syntheticPicture } from '../helpers/pictures.js';

const CONTENT = contentHash(syntheticPicture(4, 4));

/** Noise at [height, width, 3] positions from (top, left) on, as rows of columns of channels. */
function part(top: number, left: number, height: number, width: number, step?: number): number[][][] {
  const { shape, data } = pictureNoise(1, CONTENT, top, left)('prior', [1, height, width, 3], step);
  expect(shape).toEqual([1, height, width, 3]);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_unused, x) => [...data.subarray((y * width + x) * 3, (y * width + x + 1) * 3)]),
  );
}

describe('pictureNoise', () => {
  it('gives a position the same noise in whatever part it lies', () => {
    const whole = part(0, 0, 150, 140);
    for (const [top, left, height, width] of [
      [0, 0, 10, 140],
      [60, 62, 12, 9],
      [64, 0, 64, 64],
      [127, 127, 20, 13],
    ] as const) {
      const expected = whole.slice(top, top + height).map((row) => row.slice(left, left + width));
      expect(part(top, left, height, width)).toEqual(expected);
    }
  });

  it('is standard normal and nowhere repeated', () => {
    const values = part(0, 0, 130, 130).flat(2);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length - mean ** 2;
    // 50,700 values: standard errors 0.0044 and 0.0063.
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(new Set(values).size).toBeGreaterThan(0.999 * values.length);
  });

  it('depends on seed, content, purpose and step', () => {
    const of = (seed: number, content: string, purpose: 'prior' | 'generator', step: number) =>
      pictureNoise(seed, content)(purpose, [1, 1, 1, 1], step).data[0];
    const other = contentHash(syntheticPicture(4, 4, 1));
    const draws = [of(1, CONTENT, 'prior', 0), of(2, CONTENT, 'prior', 0), of(1, other, 'prior', 0)];
    draws.push(of(1, CONTENT, 'generator', 0), of(1, CONTENT, 'prior', 1));
    expect(new Set(draws).size).toBe(5);
  });
});

describe('contentHash', () => {
  it('depends on every pixel and on the shape', () => {
    const { data } = syntheticPicture(2, 8);
    const changed = data.slice();
    changed[47]! += 1e-3;
    const hashes = [
      contentHash({ height: 2, width: 8, data }),
      contentHash({ height: 8, width: 2, data }),
      contentHash({ height: 2, width: 8, data: changed }),
    ];
    expect(new Set(hashes).size).toBe(3);
    expect(contentHash({ height: 2, width: 8, data: data.slice() })).toBe(hashes[0]);
  });
});
