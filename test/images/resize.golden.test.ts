/** @file Host resampling against golden data: area, bilinear, bicubic, MATLAB imresize; box and blur by hand. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pixels } from '../../src/images/pixels.js';
import { gaussianBlur, resize, resizeByFactor } from '../../src/images/resize.js';
import type { ResizeFilter } from '../../src/images/taps.js';
import { readSafetensors } from '../../src/weights/safetensors.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenJson } from '../helpers/golden_tensors.js';

/** Tolerance of both files (golden/README.md). */
const TOLERANCE = 1e-5;

interface ResizeCase {
  readonly tensor: string;
  readonly mode: 'area' | 'bilinear' | 'bicubic';
  readonly scale_factor?: number;
  readonly size?: readonly [number, number];
}

interface Stored {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** An image stored as [3, h, w] or [1, 3, h, w]. */
function imageOf({ shape, data }: Stored): Pixels {
  const [height, width] = shape.slice(-2) as [number, number];
  const plane = height * width;
  const at = (i: number) => Number(data[(i % 3) * plane + Math.floor(i / 3)]);
  return { height, width, data: Float32Array.from({ length: 3 * plane }, (_, i) => at(i)) };
}

function largestError(found: Pixels, expected: Pixels): number {
  expect([found.height, found.width]).toEqual([expected.height, expected.width]);
  return found.data.reduce((max, v, i) => Math.max(max, Math.abs(v - expected.data[i]!)), 0);
}

const FILE = ['degradation', 'resize.safetensors'];
const { cases } = goldenJson<{ cases: ResizeCase[] }>('degradation', 'resize.json');

describe.skipIf(!hasGolden(...FILE))(goldenTitle('resize, golden/degradation', ...FILE), () => {
  let tensors: ReadonlyMap<string, Stored>;
  beforeAll(async () => {
    ({ tensors } = await readSafetensors(goldenPath(...FILE)));
  });
  const stored = (tensor: string) => imageOf(tensors.get(tensor)!);
  it.each(cases)('$tensor', ({ tensor, mode, scale_factor: factor, size }) => {
    const found = size ? resize(stored('image'), mode, ...size) : resizeByFactor(stored('image'), mode, factor!);
    expect(largestError(found, stored(tensor))).toBeLessThan(TOLERANCE);
  });

  it('box, of a whole photo to a crop', () => {
    const expected = stored('cv2_area_out_64');
    const found = resize(stored('cv2_area_in_75'), 'box', expected.height, expected.width);
    expect(largestError(found, expected)).toBeLessThan(TOLERANCE);
  });
});

describe('imresize, golden/metrics', async () => {
  const { tensors } = await readSafetensors(goldenPath('metrics', 'imresize.safetensors'));
  const { imresize } = goldenJson<{ imresize: { tensor: string; scale: number }[] }>('metrics', 'metrics.json');
  it.each(imresize)('$tensor', ({ tensor, scale }) => {
    const input = imageOf(tensors.get(tensor.split('_scale_')[0]!)!);
    const found = resizeByFactor(input, 'imresize', scale);
    expect(largestError(found, imageOf(tensors.get(tensor)!))).toBeLessThan(TOLERANCE);
  });
});

function grey(values: readonly number[], height: number, width: number): Pixels {
  return {
    height,
    width,
    data: Float32Array.from({ length: height * width * 3 }, (_, i) => values[Math.floor(i / 3)]!),
  };
}

function firstChannel({ data }: Pixels): number[] {
  return [...data].filter((_, i) => i % 3 === 0);
}

it('box averages with fractional coverage', () => {
  // 5 -> 2: 2.5 pixels each, the middle one shared.
  const found = firstChannel(resize(grey([1, 2, 3, 4, 5], 1, 5), 'box', 1, 2));
  expect(found[0]).toBeCloseTo((1 + 2 + 0.5 * 3) / 2.5, 6);
  expect(found[1]).toBeCloseTo((0.5 * 3 + 4 + 5) / 2.5, 6);
});

it.each<ResizeFilter>(['bilinear', 'bicubic', 'area', 'box', 'imresize'])('%s keeps a constant', (filter) => {
  for (const v of resize(grey(Array<number>(77).fill(0.3), 7, 11), filter, 3, 4).data) expect(v).toBeCloseTo(0.3, 6);
});

it('Gaussian blur keeps the mean of an impulse, spreads it by sigma, and does nothing for sigma 0', () => {
  const size = 31;
  const impulse = grey(
    Array.from({ length: size * size }, (_, i) => (i === 15 * size + 15 ? 1 : 0)),
    size,
    size,
  );
  const blurred = firstChannel(gaussianBlur(impulse, 2));
  const sum = blurred.reduce((a, b) => a + b);
  const variance = blurred.reduce((total, v, i) => total + v * ((i % size) - 15) ** 2, 0);
  expect(sum).toBeCloseTo(1, 5);
  // Cutting at three standard deviations takes a little off the variance of 4.
  expect(variance).toBeGreaterThan(3.8);
  expect(variance).toBeLessThan(4);
  expect(gaussianBlur(impulse, 0).data).toEqual(impulse.data);
});
