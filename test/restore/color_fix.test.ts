import { describe, expect, it } from 'vitest';
import type { Picture } from '../../src/images/picture.js';
import { resize } from '../../src/images/resize.js';
import { adainFix, lowFrequencies, waveletFix } from '../../src/restore/color_fix.js';
import { enlargedRows } from '../../src/restore/enlarge.js';
import { largestDifference, syntheticPicture } from '../helpers/pictures.js';

const copy = (picture: Picture): Picture => ({ ...picture, data: picture.data.slice() });
const channel = ({ data }: Picture, c: number): number[] => [...data].filter((_, i) => i % 3 === c);
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

describe('enlargedRows', () => {
  it('equals the bicubic resize of the data pipeline', () => {
    const picture = syntheticPicture(7, 5);
    const expected = resize(picture, 'bicubic', 28, 20);
    const rows = [...enlargedRows({ ...picture, channels: 3 }, 4)].length;
    expect(rows).toBe(28);
    const data = new Float32Array(28 * 20 * 3);
    let at = 0;
    for (const row of enlargedRows({ ...picture, channels: 3 }, 4)) {
      data.set(row, at);
      at += row.length;
    }
    expect(largestDifference({ height: 28, width: 20, data }, expected)).toBeLessThan(1e-6);
  });
});

describe('adain', () => {
  it('maps numbers worked out by hand', () => {
    // Means 2, 0, 1 and deviations 1, 0, 1 become those of the input: 0.5, 0.25, -1 and 0.5, 0, 3.
    const result = { height: 1, width: 2, data: Float32Array.of(1, 0, 0, 3, 0, 2) };
    const input = { height: 1, width: 2, data: Float32Array.of(0, 0.25, -4, 1, 0.25, 2) };
    expect([...adainFix(result, input, 1).data]).toEqual([0, 0.25, -4, 1, 0.25, 2]);
  });

  it("gives each channel the enlarged input's mean and deviation, and keeps what lies between", () => {
    const input = syntheticPicture(9, 12, 1);
    const result = syntheticPicture(36, 48, 2);
    const enlarged = resize(input, 'bicubic', 36, 48);
    const fixed = adainFix(copy(result), input, 4);
    for (let c = 0; c < 3; c++) {
      expect(mean(channel(fixed, c))).toBeCloseTo(mean(channel(enlarged, c)), 5);
      expect(deviation(channel(fixed, c))).toBeCloseTo(deviation(channel(enlarged, c)), 5);
    }
    const share = (v: number, w: number): number => (v - fixed.data[0]!) / (w - fixed.data[0]!);
    const [a, b] = [result.data[30]! - result.data[0]!, result.data[60]! - result.data[0]!];
    expect(share(fixed.data[30]!, fixed.data[60]!)).toBeCloseTo(a / b, 4);
  });
});

describe('wavelet', () => {
  it('blurs with [1, 2, 1] / 4 at distances 1, 2, 4, 8, 16, each time both ways', () => {
    // An impulse in the middle of a line long enough for all 31 pixels of reach: the product of the five kernels.
    const length = 127;
    const line = new Float32Array(length);
    line[63] = 1;
    let expected = [...line];
    for (const reach of [1, 2, 4, 8, 16]) {
      expected = expected.map(
        (value, i) => 0.5 * value + 0.25 * ((expected[i - reach] ?? 0) + (expected[i + reach] ?? 0)),
      );
    }
    const low = lowFrequencies(line, 1, length);
    expect(Math.max(...expected.map((v, i) => Math.abs(v - low[i]!)))).toBeLessThan(1e-7);
    // By hand: (1 + x)^2 (1 + x^2)^2 ... (1 + x^16)^2 is (1 + x + ... + x^31)^2, so the five make a triangle.
    low.forEach((value, i) => expect(value).toBeCloseTo(Math.max(32 - Math.abs(i - 63), 0) / 1024, 7));
    const column = new Float32Array(length);
    column[63] = 1;
    expect(lowFrequencies(column, length, 1)).toEqual(low);
  });

  it('repeats the border', () => {
    expect([...lowFrequencies(Float32Array.of(5, 5, 5, 5, 5, 5), 2, 3)]).toEqual([5, 5, 5, 5, 5, 5]);
    // Of two pixels every level takes three quarters and one quarter: the difference halves five times.
    const [left, right] = lowFrequencies(Float32Array.of(0, 1), 1, 2);
    expect([left, right]).toEqual([0.5 - 1 / 64, 0.5 + 1 / 64]);
  });

  it('is result - low(result) + low(enlarged input)', () => {
    const input = syntheticPicture(10, 8, 1);
    const result = syntheticPicture(40, 32, 2);
    const enlarged = resize(input, 'bicubic', 40, 32);
    const fixed = waveletFix(copy(result), input, 4);
    for (let c = 0; c < 3; c++) {
      const low = lowFrequencies(Float32Array.from(channel(result, c)), 40, 32);
      const wanted = lowFrequencies(Float32Array.from(channel(enlarged, c)), 40, 32);
      const found = channel(fixed, c);
      channel(result, c).forEach((value, i) => expect(found[i]).toBeCloseTo(value - low[i]! + wanted[i]!, 5));
    }
  });

  it('takes away a cast of colour', () => {
    const input = syntheticPicture(8, 8);
    const enlarged = resize(input, 'bicubic', 32, 32);
    const shifted = { ...enlarged, data: enlarged.data.map((v, i) => v + [0.2, -0.1, 0][i % 3]!) };
    expect(largestDifference(waveletFix(shifted, input, 4), enlarged)).toBeLessThan(1e-5);
  });
});
