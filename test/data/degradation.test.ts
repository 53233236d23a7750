/** @file Degradations: sizes, ranges, determinism, and that every setting does what it says. */
import { describe, expect, it } from 'vitest';
import { createDegradation, type HostDegradationConfig } from '../../src/data/degradation.js';
import { fromRgb8, type Pixels } from '../../src/images/pixels.js';
import { resize } from '../../src/images/resize.js';
import { CountedRandom } from '../../src/random/counted.js';
import { photoPixels } from '../helpers/photos.js';

const hr = fromRgb8({ height: 32, width: 64, data: photoPixels(32, 64) });
const flat: Pixels = { height: 64, width: 64, data: new Float32Array(64 * 64 * 3).fill(0.5) };
const random = (sample = 0) => new CountedRandom({ seed: 5, purpose: 'degradation', sample });
const gentle = { kind: 'mild', blurSigma: [0, 0], noiseSigma: [0, 0], jpegQuality: [100, 100] } as const;

function mild(values: object): HostDegradationConfig {
  return { ...gentle, ...values } as HostDegradationConfig;
}

function distance(a: Pixels, b: Pixels): number {
  return Math.sqrt(a.data.reduce((sum, v, i) => sum + (v - b.data[i]!) ** 2, 0) / a.data.length);
}

describe.each<HostDegradationConfig>([
  { kind: 'bicubic' },
  mild({ blurSigma: [0.2, 0.8], noiseSigma: [1, 10], jpegQuality: [70, 95] }),
])('$kind', (config) => {
  it('reduces by the factor, stays in [0, 1], repeats for equal draws and leaves its input alone', async () => {
    const before = hr.data.slice();
    const degrade = createDegradation(config, 4);
    const lq = await degrade(hr, random());
    expect([lq.height, lq.width, lq.data.length]).toEqual([8, 16, 8 * 16 * 3]);
    for (const v of lq.data) expect(v >= 0 && v <= 1).toBe(true);
    expect((await degrade(hr, random())).data).toEqual(lq.data);
    expect(hr.data).toEqual(before);
  });
});

it('bicubic is imresize, limited to [0, 1]', async () => {
  const edge: Pixels = {
    height: 16,
    width: 16,
    data: Float32Array.from({ length: 768 }, (_, i) => (i % 48 < 24 ? 0 : 1)),
  };
  const plain = resize(edge, 'imresize', 4, 4);
  expect(Math.min(...plain.data)).toBeLessThan(0);
  const lq = await createDegradation({ kind: 'bicubic' }, 4)(edge, random());
  expect(lq.data).toEqual(plain.data.map((v) => Math.min(Math.max(v, 0), 1)));
});

describe('mild', () => {
  it('is 8 bit', async () => {
    const lq = await createDegradation(mild({}), 4)(hr, random());
    for (const v of lq.data) expect(Math.abs(v * 255 - Math.round(v * 255))).toBeLessThan(1e-4);
  });

  it('draws one of the three filters', async () => {
    const wanted = (['area', 'bilinear', 'bicubic'] as const).map((filter) => resize(flatNoise, filter, 16, 16));
    const drawn = new Set<number>();
    for (let sample = 0; sample < 12; sample++) {
      const lq = await createDegradation(mild({}), 4)(flatNoise, random(sample));
      const distances = wanted.map((image) => distance(image, lq));
      drawn.add(distances.indexOf(Math.min(...distances)));
    }
    expect([...drawn].sort()).toEqual([0, 1, 2]);
  });

  it('adds noise of the standard deviation asked for', async () => {
    const lq = await createDegradation(mild({ noiseSigma: [20, 20] }), 1)(flat, random());
    // Chroma subsampling of the JPEG averages some of the noise away; luminance of independent channels has 0.66 of it.
    const luminance = Array.from(
      { length: 64 * 64 },
      (_, i) => 0.299 * lq.data[3 * i]! + 0.587 * lq.data[3 * i + 1]! + 0.114 * lq.data[3 * i + 2]!,
    );
    const mean = luminance.reduce((a, b) => a + b) / luminance.length;
    const deviation = 255 * Math.sqrt(luminance.reduce((sum, v) => sum + (v - mean) ** 2, 0) / luminance.length);
    expect(deviation / (20 * Math.hypot(0.299, 0.587, 0.114))).toBeCloseTo(1, 1);
  });

  it('loses more with blur and with low JPEG quality', async () => {
    // Bars of 8 pixels: every filter reduces them without loss.
    const bars = { ...flat, data: flat.data.map((_, i) => (Math.floor(i / 24) % 2 ? 0.8 : 0.2)) };
    const ideal = resize(bars, 'area', 16, 16);
    const loss = async (values: object) => distance(ideal, await createDegradation(mild(values), 4)(bars, random(3)));
    const [gentleLoss, blurLoss, jpegLoss] = await Promise.all([
      loss({}),
      loss({ blurSigma: [3, 3] }),
      loss({ jpegQuality: [5, 5] }),
    ]);
    expect(gentleLoss).toBeLessThan(0.005);
    expect(blurLoss).toBeGreaterThan(0.05);
    expect(jpegLoss).toBeGreaterThan(0.02);
  });
});

/** Detail at every scale, so that the three filters differ. */
const flatNoise: Pixels = (() => {
  const noise = new CountedRandom({ seed: 1, purpose: 'image' });
  const data = Float32Array.from({ length: 64 * 64 }, () => noise.uniform()).reduce(
    (all, v, i) => all.fill(v, 3 * i, 3 * i + 3),
    new Float32Array(64 * 64 * 3),
  );
  return { height: 64, width: 64, data };
})();
