/**
 * @file Images in, images out: taking the input's colours over into the result, which a diffusion model may have shifted.
 *
 * None of the published ResShift, SinSR and RSD programs does this; both ways are extras, off by default, known from
 * StableSR (arXiv:2305.07015, section 3.4).
 */
import { CHANNELS, type Picture } from '../images/picture.js';
import { enlargedRows } from './enlarge.js';

/** Blurs of {@link waveletFix}; what they leave is "low frequency": the last reaches 16 pixels. */
const WAVELET_LEVELS = 5;

/** Mean and (population) standard deviation of each channel. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Statistics of rows of RGB samples, in double precision. */
function statisticsOf(rows: Iterable<Float32Array>): ChannelStatistics {
  const sum = [0, 0, 0];
  const squares = [0, 0, 0];
  let count = 0;
  for (const row of rows) {
    for (let i = 0; i < row.length; i += CHANNELS) {
      for (let c = 0; c < CHANNELS; c++) {
        const value = row[i + c]!;
        sum[c]! += value;
        squares[c]! += value * value;
      }
    }
    count += row.length / CHANNELS;
  }
  const mean = sum.map((total) => total / count);
  return { mean, deviation: squares.map((total, c) => Math.sqrt(Math.max(total / count - mean[c]! ** 2, 0))) };
}

const colourSamples = (picture: Picture) => ({ ...picture, channels: CHANNELS });

/**
 * Adaptive instance normalisation (arXiv:1703.06868, eq. 8): every channel of the result gets the mean and the standard
 * deviation which that channel has in the bicubic enlargement of the input. A channel of one value only is moved.
 * @param result [h * scale, w * scale, 3]; changed in place.
 * @param input [h, w, 3].
 * @returns `result`, not clamped.
 */
export function adainFix(result: Picture, input: Picture, scale: number): Picture {
  const { data } = result;
  const wanted = statisticsOf(enlargedRows(colourSamples(input), scale));
  const found = statisticsOf([data]);
  const gain = found.deviation.map((deviation, c) => (deviation > 0 ? wanted.deviation[c]! / deviation : 1));
  for (let i = 0; i < data.length; i++) {
    const c = i % CHANNELS;
    data[i] = (data[i]! - found.mean[c]!) * gain[c]! + wanted.mean[c]!;
  }
  return result;
}

/** One row blurred with [1, 2, 1] / 4 at distance `reach`, borders replicated. */
function blurLine(from: Float32Array, to: Float32Array, start: number, width: number, reach: number): void {
  for (let x = 0; x < width; x++) {
    const left = from[start + Math.max(x - reach, 0)]!;
    const right = from[start + Math.min(x + reach, width - 1)]!;
    to[start + x] = 0.25 * left + 0.5 * from[start + x]! + 0.25 * right;
  }
}

/**
 * The low frequencies of a plane: blurred with the 3x3 binomial kernel [1, 2, 1] x [1, 2, 1] / 16 at distances 1, 2, 4,
 * 8 and 16 one after the other ("a trous"), borders replicated.
 * @param plane [height, width]; changed in place.
 */
export function lowFrequencies(plane: Float32Array, height: number, width: number): Float32Array {
  const between = new Float32Array(plane.length);
  for (let level = 0; level < WAVELET_LEVELS; level++) {
    const reach = 2 ** level;
    for (let y = 0; y < height; y++) blurLine(plane, between, y * width, width, reach);
    for (let y = 0; y < height; y++) {
      const above = Math.max(y - reach, 0) * width;
      const below = Math.min(y + reach, height - 1) * width;
      for (let x = 0; x < width; x++) {
        plane[y * width + x] = 0.25 * between[above + x]! + 0.5 * between[y * width + x]! + 0.25 * between[below + x]!;
      }
    }
  }
  return plane;
}

/**
 * High frequencies of the result with the low frequencies of the input: result - low(result) + low(enlarged input),
 * {@link lowFrequencies} being the low ones. As blurring is linear, result + low(enlarged input - result) is computed.
 * @param result [h * scale, w * scale, 3]; changed in place.
 * @param input [h, w, 3].
 * @returns `result`, not clamped.
 */
export function waveletFix(result: Picture, input: Picture, scale: number): Picture {
  const { height, width, data } = result;
  // One channel after another: two planes are held besides the picture, not six.
  for (let c = 0; c < CHANNELS; c++) {
    const source = Float32Array.from({ length: input.height * input.width }, (_, i) => input.data[i * CHANNELS + c]!);
    const difference = new Float32Array(height * width);
    let at = 0;
    for (const row of enlargedRows({ height: input.height, width: input.width, channels: 1, data: source }, scale)) {
      for (const value of row) {
        difference[at] = value - data[at * CHANNELS + c]!;
        at++;
      }
    }
    const low = lowFrequencies(difference, height, width);
    for (let i = 0; i < low.length; i++) data[i * CHANNELS + c]! += low[i]!;
  }
  return result;
}
