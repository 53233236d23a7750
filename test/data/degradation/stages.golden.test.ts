/** @file Filter, resize, noise, JPEG and sharpening on the device against golden values, op by op and compiled. */
import { beforeAll, describe, expect, it } from 'vitest';
import { quantisationFactor, simulatedJpeg } from '../../../src/data/degradation/jpeg_simulated.js';
import { gaussianNoise, poissonNoise, type NoiseInputs } from '../../../src/data/degradation/noise.js';
import { filterPlanes, resample, toImages, toPlanes } from '../../../src/data/degradation/planes.js';
import { reflectionMatrix, tapMatrix } from '../../../src/data/degradation/resample_matrix.js';
import { sharpen } from '../../../src/data/degradation/sharpen.js';
import type { HostArray } from '../../../src/engine/host_array.js';
import { tf } from '../../../src/engine/tfjs.js';
import { resizeTaps, type ResizeFilter } from '../../../src/images/taps.js';
import { engineKinds, evaluate } from '../../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../../helpers/golden.js';
import { goldenJson, goldenTensors, maxDifference } from '../../helpers/golden_tensors.js';
import { requireJpegTolerance } from '../../helpers/jpeg_tolerance.js';

/** Of filter, resize, noise and sharpening (golden/README.md). */
const TOLERANCE = 1e-5;

type Golden = Record<string, HostArray>;

/** A suite for each engine on one golden file, skipped where the set lacks the file. */
function comparison(title: string, file: string, body: (kind: (typeof engineKinds)[number], golden: Golden) => void) {
  const named = goldenTitle(title, 'degradation', file);
  describe.skipIf(!hasGolden('degradation', file)).each(engineKinds)(`${named}, %s`, (kind) => {
    const golden: Golden = {};
    beforeAll(async () => {
      Object.assign(golden, await goldenTensors('degradation', file));
    });
    body(kind, golden);
  });
}

/** Sides of images [B, H, W, 3]. */
const sidesOf = ({ shape }: HostArray): [number, number] => [shape[1]!, shape[2]!];

comparison('filter', 'filter2d.safetensors', (kind, golden) => {
  it.each(['per_sample', 'shared'])('%s', async (which) => {
    const { image, [`kernel_${which}`]: kernel, [`out_${which}`]: expected } = golden;
    const [side, samples] = [kernel!.shape[1]!, image!.shape[0]!];
    const [rows, columns] = sidesOf(image!).map((s) => reflectionMatrix(s, s, (side - 1) / 2)) as [
      HostArray,
      HostArray,
    ];
    const feeds = { images: image!, kernels: kernel!, rows, columns };
    const { out } = await evaluate(
      kind,
      ({ images, kernels, rows, columns }) => {
        const own = tf.tile(kernels!, [samples / kernels!.shape[0], 1, 1]);
        return { out: toImages(filterPlanes(resample(toPlanes(images!), rows!, columns), own)) };
      },
      feeds,
    );
    expect(maxDifference(out!, expected!)).toBeLessThanOrEqual(TOLERANCE);
  });
});

interface ResizeCase {
  readonly tensor: string;
  readonly mode: ResizeFilter;
  readonly scale_factor?: number;
  readonly size?: readonly [number, number];
}

comparison('resize on a canvas', 'resize.safetensors', (kind, golden) => {
  const { cases } = goldenJson<{ cases: ResizeCase[] }>('degradation', 'resize.json');
  it.each(cases)('$tensor', async ({ tensor, mode, scale_factor: factor, size }) => {
    const sides = sidesOf(golden['image']!);
    const outSides = size ?? (sides.map((side) => Math.floor(side * factor!)) as [number, number]);
    const ratio = factor === undefined ? undefined : 1 / factor;
    const margin = 3;
    // What lies on the input's canvas beside the image must not be seen, and nothing may appear beside the result.
    const matrices = sides.map((side, axis) => {
      const taps = resizeTaps(mode, side, outSides[axis]!, ratio);
      return tapMatrix(taps, outSides[axis]! + margin, side + margin);
    });
    const { out, beside } = await evaluate(
      kind,
      ({ images, rows, columns }) => {
        const canvas = tf.pad(
          images! as ReturnType<typeof tf.tensor4d>,
          [
            [0, 0],
            [0, margin],
            [0, margin],
            [0, 0],
          ],
          9,
        );
        const placed = toImages(resample(toPlanes(canvas), rows!, columns));
        return {
          out: tf.slice(placed, [0, 0, 0, 0], [1, ...outSides, 3]),
          beside: tf.max(tf.abs(tf.slice(placed, [0, outSides[0], 0, 0], [1, margin, outSides[1], 3]))),
        };
      },
      { images: golden['image']!, rows: matrices[0]!, columns: matrices[1]! },
    );
    expect(maxDifference(out!, golden[tensor]!)).toBeLessThanOrEqual(TOLERANCE);
    expect(beside!.data[0]).toBe(0);
  });
});

comparison('noise', 'noise.safetensors', (kind, golden) => {
  const noisy = async (
    fields: { colour: HostArray; grey: HostArray },
    levels: number[],
    grey: boolean[],
    poisson: boolean,
  ) => {
    const samples = { shape: [levels.length] };
    const image = golden['image']!;
    const feeds = {
      images: image,
      ...fields,
      colourLevel: { ...samples, data: Float32Array.from(levels, (level, i) => (grey[i] ? 0 : level)) },
      greyLevel: { ...samples, data: Float32Array.from(levels, (level, i) => (grey[i] ? level : 0)) },
      mask: { shape: [...sidesOf(image), 1], data: new Float32Array(sidesOf(image)[0] * sidesOf(image)[1]).fill(1) },
    };
    const { out } = await evaluate(
      kind,
      ({ images, colour, ...inputs }) => {
        const given = { ...inputs, colour: toPlanes(colour!) } as unknown as NoiseInputs;
        const planes = toPlanes(images!);
        const result = poisson ? poissonNoise(planes, given, (_l, _e, counts) => counts) : gaussianNoise(planes, given);
        return { out: toImages(result) };
      },
      feeds,
    );
    return out!;
  };
  const flags = (): boolean[] => Array.from(golden['gray']!.data, (v) => v > 0.5);
  const numbers = (name: string, unit = 1): number[] => Array.from(golden[name]!.data, (v) => v / unit);

  it('gaussian, some samples in grey and none', async () => {
    const fields = { colour: golden['randn_color']!, grey: golden['randn_gray']! };
    const sigma = numbers('sigma', 255);
    const out = await noisy(fields, sigma, flags(), false);
    expect(maxDifference(out, golden['gaussian_out']!)).toBeLessThanOrEqual(TOLERANCE);
    const plain = await noisy(
      fields,
      sigma,
      sigma.map(() => false),
      false,
    );
    expect(maxDifference(plain, golden['gaussian_out_no_gray']!)).toBeLessThanOrEqual(TOLERANCE);
  });

  it('poisson of recorded counts', async () => {
    const counts = golden['poisson_counts_gray']!;
    const [samples, height, width] = counts.shape as [number, number, number];
    // [B, H, W, 1] -> [H, W, B]
    const data = Float32Array.from(
      { length: counts.data.length },
      (_, i) => counts.data[(i % samples) * height * width + Math.floor(i / samples)]!,
    );
    const grey = { shape: [height, width, samples], data };
    const fields = { colour: golden['poisson_counts_color']!, grey };
    const out = await noisy(fields, numbers('poisson_scale'), flags(), true);
    expect(maxDifference(out, golden['poisson_out']!)).toBeLessThanOrEqual(TOLERANCE);
  });
});

comparison('jpeg', 'jpeg.safetensors', (kind, golden) => {
  const { jpeg } = goldenJson<{ jpeg: { size: [number, number]; qualities: number[] }[] }>('degradation', 'info.json');
  it.each(jpeg)('of $size, qualities $qualities', async ({ size, qualities }) => {
    const name = size.join('x');
    const images = golden[`${name}.image`]!;
    // All qualities as samples of one batch.
    const batch = {
      shape: [qualities.length, ...size, 3],
      data: Float32Array.from(qualities.flatMap(() => [...images.data])),
    };
    const factors = { shape: [qualities.length], data: Float32Array.from(qualities, quantisationFactor) };
    const { out } = await evaluate(
      kind,
      ({ batch, factors }) => ({ out: toImages(simulatedJpeg(toPlanes(batch!), factors!)) }),
      { batch, factors },
    );
    qualities.forEach((quality, i) => {
      const found = out!.data.subarray(i * images.data.length, (i + 1) * images.data.length) as Float32Array;
      requireJpegTolerance(found, golden[`${name}.q${quality.toFixed(1)}`]!.data as Float32Array);
    });
  });
});

comparison('sharpening', 'usm.safetensors', (kind, golden) => {
  it.each([
    ['out', { weight: 0.5, threshold: 10 }],
    ['out_weight1_threshold5', { weight: 1, threshold: 5 }],
  ])('%s', async (name, options) => {
    const { out } = await evaluate(kind, ({ images }) => ({ out: toImages(sharpen(toPlanes(images!), options)) }), {
      images: golden['image']!,
    });
    expect(maxDifference(out!, golden[name]!)).toBeLessThanOrEqual(TOLERANCE);
  });
});
