/** @file One-dimensional resampling as tables: which input positions make an output position, with which weights. */

/** Output i is the sum over k of weights[i * width + k] * input[indices[i * width + k]]. */
export interface Taps {
  readonly size: number;
  /** Taps per output. */
  readonly width: number;
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Ways of resizing.
 * - `bilinear`, `bicubic`: half-pixel centres, no antialiasing, edge clamped; bicubic has a = -0.75.
 * - `area`: adaptive average pooling (whole input pixels).
 * - `box`: average with fractional pixel coverage; for reductions.
 * - `imresize`: MATLAB's antialiased bicubic, a = -0.5, symmetric border.
 * - `antialiased-bicubic`: Pillow's; a = -0.5, the kernel cut off at the border.
 */
export type ResizeFilter = 'bilinear' | 'bicubic' | 'area' | 'box' | 'imresize' | 'antialiased-bicubic';

type Tap = readonly [index: number, weight: number];

function tabulate(size: number, tapsOf: (output: number) => readonly Tap[]): Taps {
  const rows = Array.from({ length: size }, (_, i) => tapsOf(i));
  const width = Math.max(...rows.map((row) => row.length));
  const indices = new Int32Array(size * width);
  const weights = new Float64Array(size * width);
  rows.forEach((row, i) => {
    row.forEach(([index, weight], k) => {
      indices[i * width + k] = index;
      weights[i * width + k] = weight;
    });
    // Unused taps read the first one's input with weight 0.
    for (let k = row.length; k < width; k++) indices[i * width + k] = row[0]![0];
  });
  return { size, width, indices, weights };
}

function clampIndex(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1);
}

/** Keys' cubic convolution kernel. */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0;
}

function bilinear(input: number, output: number, ratio: number): Taps {
  return tabulate(output, (i) => {
    const source = Math.max(ratio * (i + 0.5) - 0.5, 0);
    const low = Math.min(Math.floor(source), input - 1);
    const share = source - low;
    return [
      [low, 1 - share],
      [clampIndex(low + 1, input), share],
    ];
  });
}

function bicubic(input: number, output: number, ratio: number): Taps {
  return tabulate(output, (i) => {
    const source = ratio * (i + 0.5) - 0.5;
    const low = Math.floor(source);
    return [-1, 0, 1, 2].map((k): Tap => [clampIndex(low + k, input), cubic(source - low - k, -0.75)]);
  });
}

function area(input: number, output: number): Taps {
  return tabulate(output, (i) => {
    const start = Math.floor((i * input) / output);
    const end = Math.ceil(((i + 1) * input) / output);
    return Array.from({ length: end - start }, (_, k): Tap => [start + k, 1 / (end - start)]);
  });
}

function box(input: number, output: number): Taps {
  const scale = input / output;
  return tabulate(output, (i) => {
    const start = i * scale;
    const end = Math.min(start + scale, input);
    const first = Math.floor(start);
    const cells = Array.from({ length: Math.ceil(end) - first }, (_, k): Tap => {
      const covered = Math.min(first + k + 1, end) - Math.max(first + k, start);
      return [first + k, covered / (end - start)];
    });
    return cells.filter(([, weight]) => weight > 0);
  });
}

/** Position that reflection with repeated edge, as often as needed, shows at any `index`. */
export function symmetricIndex(index: number, size: number): number {
  const phase = ((index % (2 * size)) + 2 * size) % (2 * size);
  return phase < size ? phase : 2 * size - 1 - phase;
}

function imresize(input: number, output: number, ratio: number): Taps {
  const scale = 1 / ratio;
  const stretch = Math.min(scale, 1);
  const width = 4 / stretch;
  return tabulate(output, (i) => {
    // 1-based coordinates, as MATLAB has them.
    const centre = (i + 1) / scale + 0.5 * (1 - 1 / scale);
    const left = Math.floor(centre - width / 2);
    const taps = Array.from({ length: Math.ceil(width) + 2 }, (_, k): Tap => {
      return [symmetricIndex(left + k - 1, input), stretch * cubic(stretch * (centre - left - k), -0.5)];
    });
    const sum = taps.reduce((total, [, weight]) => total + weight, 0);
    return taps.map(([index, weight]): Tap => [index, weight / sum]).filter(([, weight]) => weight !== 0);
  });
}

function antialiasedBicubic(input: number, output: number, ratio: number): Taps {
  const stretch = Math.max(ratio, 1);
  return tabulate(output, (i) => {
    const centre = (i + 0.5) * ratio;
    const first = Math.max(Math.floor(centre - 2 * stretch + 0.5), 0);
    const end = Math.min(Math.floor(centre + 2 * stretch + 0.5), input);
    const taps = Array.from({ length: end - first }, (_, k): Tap => {
      return [first + k, cubic((first + k + 0.5 - centre) / stretch, -0.5)];
    });
    const sum = taps.reduce((total, [, weight]) => total + weight, 0);
    return taps.map(([index, weight]): Tap => [index, weight / sum]);
  });
}

/**
 * Tap table of a resize.
 * @param input pixels in
 * @param output pixels out
 * @param ratio input pixels per output pixel; given when it is not input / output (a resize by a factor that rounds)
 */
export function resizeTaps(filter: ResizeFilter, input: number, output: number, ratio = input / output): Taps {
  switch (filter) {
    case 'bilinear':
      return bilinear(input, output, ratio);
    case 'bicubic':
      return bicubic(input, output, ratio);
    case 'area':
      return area(input, output);
    case 'box':
      return box(input, output);
    case 'imresize':
      return imresize(input, output, ratio);
    case 'antialiased-bicubic':
      return antialiasedBicubic(input, output, ratio);
  }
}

/** Position that reflection without repeated edge, as often as needed, shows at any `index`. */
export function reflectedIndex(index: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const phase = ((index % period) + period) % period;
  return phase < size ? phase : period - phase;
}

/**
 * Tap table of a Gaussian blur, cut off at three standard deviations, border reflected.
 * @param sigma standard deviation in pixels; 0 leaves the image as it is
 */
export function gaussianTaps(size: number, sigma: number): Taps {
  const radius = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, k) =>
    sigma === 0 ? 1 : Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return tabulate(size, (i) => kernel.map((weight, k): Tap => [reflectedIndex(i + k - radius, size), weight / sum]));
}
