/** @file What is drawn follows the configured probabilities and ranges, and nothing but the key. */
import { describe, expect, it } from 'vitest';
import { KERNEL_FAMILIES } from '../../../src/config/sections/degradation.js';
import { describeDraws } from '../../../src/data/degradation/describe_draws.js';
import { drawDegradation, type DegradationDraws } from '../../../src/data/degradation/draws.js';
import type { KernelChoice } from '../../../src/data/degradation/kernel_draw.js';
import { realEsrganConfig } from '../../helpers/realesrgan.js';

const COUNT = 20_000;
/** Images of no pixels after most resizes: their noise costs nothing. */
const sides = { hr: 4, crop: 4, factor: 4 };
const config = realEsrganConfig();

function drawAll(settings = config, count = COUNT): DegradationDraws[] {
  const key = { seed: 7, purpose: 'degradation', samples: 1 };
  return Array.from({ length: count }, (_, index) => drawDegradation(settings, sides, { ...key, index }));
}

/** Requires a share of cases: five standard deviations, which a right share leaves once in a million. */
function requireShare(cases: readonly boolean[], share: number): void {
  const found = cases.filter(Boolean).length / cases.length;
  expect(Math.abs(found - share)).toBeLessThanOrEqual(5 * Math.sqrt((share * (1 - share)) / cases.length));
}

/** Requires values to be uniform in [lo, hi]: all of it, and as often in each quarter. */
function requireUniform(values: readonly number[], [lo, hi]: readonly [number, number]): void {
  for (const value of values) expect(value >= lo && value <= hi).toBe(true);
  for (let quarter = 0; quarter < 4; quarter++) {
    const inside = values.map((value) => Math.min(Math.floor((4 * (value - lo)) / (hi - lo)), 3) === quarter);
    requireShare(inside, 1 / 4);
  }
}

type Blur = Extract<KernelChoice, { kind: 'blur' }>;
type Sinc = Extract<KernelChoice, { kind: 'sinc' }>;

describe(`${COUNT} batches`, () => {
  const all = drawAll();
  const choices = (which: 'first' | 'second' | 'final'): KernelChoice[] =>
    all.map(({ kernels }) => kernels[which].choices[0]!);

  it.each(['first', 'second'] as const)('%s kernels', (pass) => {
    const drawn = choices(pass);
    const { kernelSize, kernelProb, sincProb, blurSigma } = config[pass];
    requireShare(
      drawn.map(({ kind }) => kind === 'sinc'),
      sincProb,
    );
    const blurs = drawn.filter((choice): choice is Blur => choice.kind === 'blur');
    KERNEL_FAMILIES.forEach((family, i) => {
      requireShare(
        blurs.map((blur) => blur.family === family),
        kernelProb[i]!,
      );
    });
    const sizes = Array.from({ length: (kernelSize - 3) / 2 }, (_, i) => 3 + 2 * i);
    for (const size of sizes) {
      requireShare(
        drawn.map((choice) => choice.kind !== 'none' && choice.size === size),
        1 / sizes.length,
      );
    }
    requireUniform(
      blurs.map(({ sigmaX }) => sigmaX),
      blurSigma,
    );
    requireUniform(
      blurs.map(({ sigmaY }) => sigmaY),
      blurSigma,
    );
    requireUniform(
      blurs.map(({ theta }) => theta),
      [-Math.PI, Math.PI],
    );
    const exponents = (name: string): number[] =>
      blurs.filter(({ family }) => family.startsWith(name)).map(({ beta }) => beta);
    const generalized = exponents('generalized');
    requireShare(
      generalized.map((beta) => beta < 1),
      1 / 2,
    );
    requireUniform(
      generalized.filter((beta) => beta < 1),
      [0.5, 1],
    );
    requireUniform(
      generalized.filter((beta) => beta >= 1),
      [1, 4],
    );
    const plateau = exponents('plateau');
    requireShare(
      plateau.map((beta) => beta === 1),
      1 / 2,
    );
    const sincs = drawn.filter((choice): choice is Sinc => choice.kind === 'sinc');
    for (const [small, lo] of [
      [true, Math.PI / 3],
      [false, Math.PI / 5],
    ] as const) {
      const own = sincs.filter(({ size }) => size < 13 === small).map(({ cutoff }) => cutoff);
      if (own.length > 0) requireUniform(own, [lo, Math.PI]);
    }
  });

  it('the filter at the end', () => {
    const drawn = choices('final');
    requireShare(
      drawn.map(({ kind }) => kind === 'sinc'),
      config.finalSincProb,
    );
    const sincs = drawn.filter((choice): choice is Sinc => choice.kind === 'sinc');
    requireUniform(
      sincs.map(({ cutoff }) => cutoff),
      [Math.PI / 3, Math.PI],
    );
    expect(Math.max(...sincs.map(({ size }) => size))).toBe(13);
  });

  it.each(['first', 'second'] as const)('resize, noise and JPEG of the %s pass', (pass) => {
    const drawn = all.flatMap((draws) => draws[pass] ?? []);
    const { resizeProb, resizeRange, gaussianNoiseProb, noiseRange, poissonScaleRange, grayNoiseProb } = config[pass];
    for (const [i, direction] of (['up', 'down', 'keep'] as const).entries()) {
      const own = drawn.filter(({ resize }) => resize.direction === direction);
      expect(Math.abs(own.length / drawn.length - resizeProb[i]!)).toBeLessThan(0.02);
      const factors = own.map(({ resize }) => resize.factor);
      if (direction === 'keep') expect(new Set(factors)).toEqual(new Set([1]));
      else requireUniform(factors, direction === 'up' ? [1, resizeRange[1]] : [resizeRange[0], 1]);
    }
    for (const filter of ['area', 'bilinear', 'bicubic']) {
      requireShare(
        drawn.map(({ resize }) => resize.filter === filter),
        1 / 3,
      );
    }
    for (const [kind, share, range] of [
      ['gaussian', gaussianNoiseProb, noiseRange],
      ['poisson', 1 - gaussianNoiseProb, poissonScaleRange],
    ] as const) {
      const own = drawn.filter(({ noise }) => noise.kind === kind);
      requireShare(
        drawn.map(({ noise }) => noise.kind === kind),
        share,
      );
      requireUniform(
        own.map(({ noise }) => noise.level[0]!),
        range,
      );
      requireShare(
        own.map(({ noise }) => noise.isGrey[0]!),
        grayNoiseProb,
      );
    }
  });

  it('coins and qualities', () => {
    requireShare(
      all.map(({ second }) => second !== undefined),
      config.secondOrderProb,
    );
    requireShare(
      all.flatMap(({ second }) => second?.blur ?? []),
      config.secondBlurProb,
    );
    requireShare(
      all.map(({ final }) => final.jpegFirst),
      1 / 2,
    );
    requireUniform(
      all.map(({ first }) => first.quality[0]!),
      config.first.jpegRange,
    );
    requireUniform(
      all.map(({ final }) => final.quality[0]!),
      config.second.jpegRange,
    );
  });
});

it('milder values of ImageNet-Test are a matter of settings', () => {
  const pass = { kernelList: ['iso', 'aniso'], kernelProb: [0.6, 0.4], noiseRange: [1, 15], resizeRange: [0.5, 1.5] };
  const milder = realEsrganConfig({
    first: { ...pass, kernelSize: 13, blurSigma: [0.2, 0.8], poissonScaleRange: [0.05, 0.3], jpegRange: [70, 95] },
    second: { kernelSize: 7, sincProb: 0, blurSigma: [0.2, 0.5], jpegRange: [80, 100] },
    secondOrderProb: 0,
    finalSincProb: 0.2,
  });
  const drawn = drawAll(milder, 2000);
  expect(drawn.every(({ second }) => second === undefined)).toBe(true);
  const families = drawn.map(({ kernels }) => kernels.first.choices[0]!);
  requireShare(
    families.flatMap((choice) => (choice.kind === 'blur' ? [choice.family === 'aniso'] : [])),
    0.4,
  );
  requireUniform(
    drawn.map(({ final }) => final.quality[0]!),
    [80, 100],
  );
});

describe('a batch', () => {
  const large = { hr: 32, crop: 24, factor: 4 };
  const key = { seed: 7, purpose: 'degradation', index: 3, samples: 4 };

  it('is a function of its key; each sample has draws of its own', () => {
    const draws = drawDegradation(config, large, key);
    expect(drawDegradation(config, large, key)).toEqual(draws);
    expect(drawDegradation(config, large, { ...key, index: 4 })).not.toEqual(draws);
    expect(new Set(draws.first.quality).size).toBe(4);
    expect(new Set(draws.first.noise.level).size).toBe(4);
    expect(draws.kernels.first.values.length).toBe(4 * 21 * 21);
    for (const kernel of [0, 1, 2, 3]) {
      const values = draws.kernels.first.values.subarray(kernel * 441, (kernel + 1) * 441);
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    }
  });

  it('of several processes is the whole one cut in parts', () => {
    const whole = drawDegradation(config, large, key);
    const second = drawDegradation(config, large, { ...key, samples: 2, first: 2 });
    expect(second.first.quality).toEqual(whole.first.quality.slice(2));
    expect(second.first.resize).toEqual(whole.first.resize);
    expect(second.first.noise.colour).toEqual(whole.first.noise.colour.slice(2));
    expect(second.crop).toEqual(whole.crop);
  });

  it('is cut at a place on the grid of LQ pixels', () => {
    const places = Array.from({ length: 200 }, (_, index) => drawDegradation(config, large, { ...key, index }).crop);
    expect(new Set(places.map(({ top }) => top))).toEqual(new Set([0, 1, 2]));
    expect(new Set(places.map(({ left }) => left))).toEqual(new Set([0, 1, 2]));
  });

  it('can be described in words', () => {
    const draws = Array.from({ length: 20 }, (_, index) => drawDegradation(config, large, { ...key, index }));
    const once = describeDraws(
      draws.find(({ second }) => !second)!,
      1,
    );
    const twice = describeDraws(
      draws.find(({ second }) => second?.blur)!,
      1,
    );
    expect(once).toMatchObject({ 'second pass': 'none' });
    expect(twice['second noise']).toMatch(/^(gaussian, sigma|poisson, scale) [\d.e-]+, (grey|colour)$/);
    expect(twice['first resize']).toMatch(/^(keep|(up|down) [\d.]+) \((area|bilinear|bicubic)\) to \d+$/);
    expect(twice['first kernel']).toMatch(/^(sinc|iso|aniso|generalized|plateau)/);
    const order = Object.keys(twice).slice(-3);
    expect(['last resize,last filter,last jpeg', 'last jpeg,last resize,last filter']).toContain(order.join());
  });
});
