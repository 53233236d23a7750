/** @file Training pairs by the Real-ESRGAN degradation: options, repetition, both engines, pairs that belong together. */
import { afterEach, describe, expect, it } from 'vitest';
import { degradationSides } from '../../../src/config/degradation_sides.js';
import { BatchDegrader, withoutBroken } from '../../../src/data/degradation/degrade_batch.js';
import { drawDegradation } from '../../../src/data/degradation/draws.js';
import { tf } from '../../../src/engine/tfjs.js';
import type { EngineKind } from '../../../src/engine/types.js';
import { resize } from '../../../src/images/resize.js';
import { photoPixels } from '../../helpers/photos.js';
import { realEsrganConfig } from '../../helpers/realesrgan.js';

const SAMPLES = 2;
const native = { rescale: true, cropPad: null as number | null, gtSize: 32, scale: 4 };
/** Nothing but the resizes is left: narrow kernels, no noise, the finest JPEG. */
const pass = { kernelList: ['iso'], kernelProb: [1], sincProb: 0, blurSigma: [0.01, 0.01], resizeProb: [0, 0, 1] };
const quiet = { ...pass, gaussianNoiseProb: 1, noiseRange: [0, 0], jpegRange: [100, 100] };
const harmless = { first: quiet, second: quiet, finalSincProb: 0 };

const open: BatchDegrader[] = [];
const tensors = tf.memory().numTensors;
afterEach(async () => {
  await Promise.all(open.splice(0).map((degrader) => degrader.close()));
  expect(tf.memory().numTensors).toBe(tensors);
});

/** A grey picture [side, side, 3] in [0, 1] without anything that a reduction or halved chroma loses. */
function smoothPixels(side: number, variant: number): number[] {
  return Array.from({ length: side * side * 3 }, (_, i) => {
    const [row, column] = [Math.floor(i / (side * 3)), Math.floor(i / 3) % side];
    return 0.5 + 0.35 * Math.sin(0.1 * row + 0.06 * column + variant);
  });
}

function detailedPixels(side: number, variant: number): number[] {
  return Array.from(photoPixels(side, side, variant), (v) => v / 255);
}

interface Options {
  readonly index?: number;
  readonly kind?: EngineKind;
  readonly data?: typeof native;
  readonly pixels?: typeof smoothPixels;
}

/** Degrades batch `index` of made-up photos. */
async function degraded(
  values: object,
  { index = 0, kind = 'eager', data = native, pixels = detailedPixels }: Options = {},
) {
  const config = realEsrganConfig(values);
  const sides = degradationSides(data, config);
  const degrader = await BatchDegrader.create({ kind }, data, config, SAMPLES);
  open.push(degrader);
  const hr = Float32Array.from([0, 1].flatMap((variant) => pixels(sides.hr, variant)));
  const draws = drawDegradation(config, sides, { seed: 2, purpose: 'degradation', index, samples: SAMPLES });
  return { photos: hr, draws, ...(await degrader.degrade({ hr, names: ['a', 'b'], draws })) };
}

function meanDistance(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, v, i) => sum + Math.abs(v - b[i]!), 0) / a.length;
}

/** First image of a batch in [-1, 1], reduced by area. */
function reduced(images: Float32Array, side: number, to: number): Float32Array {
  const data = images.slice(0, side * side * 3);
  return resize({ height: side, width: side, data }, 'area', to, to).data;
}

it('keeps HR, makes LQ of whole 8-bit levels in [-1, 1], and repeats itself', async () => {
  const { photos, hr, lq, names } = await degraded({});
  expect(names).toEqual(['a', 'b']);
  expect(
    meanDistance(
      hr,
      photos.map((v) => v * 2 - 1),
    ),
  ).toBeLessThan(1e-7);
  expect(lq.length).toBe(SAMPLES * 8 * 8 * 3);
  for (const v of lq) {
    const level = (v + 1) * 127.5;
    expect(level >= 0 && level <= 255 && Math.abs(level - Math.round(level)) < 1e-4).toBe(true);
  }
  expect((await degraded({})).lq).toEqual(lq);
  expect((await degraded({}, { index: 1 })).lq).not.toEqual(lq);
});

it.each(Array.from({ length: 6 }, (_, index) => index))('batch %i is the same on both engines', async (index) => {
  const [eager, compiled] = [await degraded({}, { index }), await degraded({}, { index, kind: 'compiled' })];
  // A value on the edge between two levels may fall to either side.
  const changed = eager.lq.filter((v, i) => Math.abs(v - compiled.lq[i]!) > 1e-6).length;
  expect(changed / eager.lq.length).toBeLessThanOrEqual(0.01);
});

const smooth = { pixels: smoothPixels };

describe('with all that destroys switched off', () => {
  it.each([false, true])('LQ is HR reduced (second pass %s)', async (second) => {
    const { hr, lq } = await degraded({ ...harmless, secondOrderProb: second ? 1 : 0 }, smooth);
    expect(meanDistance(lq.slice(0, 192), reduced(hr, 32, 8))).toBeLessThan(0.02);
  });

  it('a part of a larger crop is the same part of both', async () => {
    const data = { ...native, rescale: false, cropPad: 48 };
    for (let index = 0; index < 4; index++) {
      const { hr, lq, draws } = await degraded({ ...harmless, secondOrderProb: 0 }, { ...smooth, index, data });
      expect([hr.length, lq.length]).toEqual([SAMPLES * 32 * 32 * 3, SAMPLES * 8 * 8 * 3]);
      expect(meanDistance(lq.slice(0, 192), reduced(hr, 32, 8))).toBeLessThan(0.02);
      expect(Math.max(draws.crop.top, draws.crop.left)).toBeLessThanOrEqual(4);
    }
  });

  it('LQ can be enlarged back', async () => {
    const { hr, lq } = await degraded({ ...harmless, resizeBack: 4 }, { ...smooth, data: { ...native, scale: 1 } });
    expect(lq.length).toBe(hr.length);
    expect(meanDistance(reduced(lq, 32, 8), reduced(hr, 32, 8))).toBeLessThan(0.02);
  });

  it.each(['first', 'second'] as const)('stronger settings of the %s pass show', async (which) => {
    const clean = await degraded({ ...harmless, secondOrderProb: 1 });
    const settings = [
      { noiseRange: [40, 40] },
      { gaussianNoiseProb: 0, poissonScaleRange: [3, 3] },
      { blurSigma: [4, 4] },
      { sincProb: 1 },
    ];
    for (const values of [...settings, { jpegRange: [5, 5] }]) {
      const changed = { ...harmless, secondOrderProb: 1, secondBlurProb: 1, [which]: { ...quiet, ...values } };
      expect(meanDistance((await degraded(changed)).lq, clean.lq)).toBeGreaterThan(0.01);
    }
  });
});

it('sharpens HR if asked to', async () => {
  const [plain, sharp] = [await degraded({}), await degraded({ sharpen: true })];
  expect(meanDistance(plain.hr, sharp.hr)).toBeGreaterThan(0.01);
  expect(Math.max(...sharp.hr)).toBeLessThanOrEqual(1);
});

it('uses a real encoder if asked to', async () => {
  const [simulated, codec] = [await degraded(harmless, smooth), await degraded({ ...harmless, jpeg: 'codec' }, smooth)];
  expect(codec.lq).not.toEqual(simulated.lq);
  // The finest quality of both leaves the image almost as it was.
  expect(meanDistance(codec.lq, simulated.lq)).toBeLessThan(0.01);
});

it('can be closed in the middle of a batch, and then does no more', async () => {
  const config = realEsrganConfig();
  const sides = degradationSides(native, config);
  const degrader = await BatchDegrader.create({ kind: 'compiled' }, native, config, 1);
  const draws = drawDegradation(config, sides, { seed: 2, purpose: 'degradation', index: 0, samples: 1 });
  const batch = { hr: new Float32Array(32 * 32 * 3), names: ['a'], draws };
  const running = degrader.degrade(batch);
  await degrader.close();
  expect((await running).lq.length).toBe(8 * 8 * 3);
  await expect(degrader.degrade(batch)).rejects.toThrow(/closed/);
});

it('puts the next whole pair in the place of one that is not finite', () => {
  const pairs = () => ({ hr: Float32Array.of(1, 2, 3, 4, 5, 6), lq: Float32Array.of(1, NaN, 3) });
  expect(withoutBroken(pairs(), 3)).toEqual({ hr: Float32Array.of(1, 2, 5, 6, 5, 6), lq: Float32Array.of(1, 3, 3) });
  expect(() => withoutBroken({ hr: new Float32Array(2), lq: Float32Array.of(NaN) }, 1)).toThrow(/no finite image/);
});
