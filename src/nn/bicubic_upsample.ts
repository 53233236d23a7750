/** @file Bicubic enlargement by an integer factor (a = -0.75, half-pixel centres, clamped borders), traceable and differentiable. */
import { tf, type Tensor } from '../engine/tfjs.js';

const A = -0.75;
/** Taps needed on each side of a pixel by any of its sub-pixel phases. */
const REACH = 2;
const TAPS = 2 * REACH + 1;

function kernel(distance: number): number {
  const t = Math.abs(distance);
  if (t <= 1) return (A + 2) * t ** 3 - (A + 3) * t ** 2 + 1;
  if (t < 2) return A * t ** 3 - 5 * A * t ** 2 + 8 * A * t - 4 * A;
  return 0;
}

/** Weights [TAPS][factor]: phase p of an enlarged pixel lies (p + 0.5)/factor - 0.5 away from its source pixel. */
function phaseWeights(factor: number): number[][] {
  return Array.from({ length: TAPS }, (_, tap) =>
    Array.from({ length: factor }, (_unused, phase) => kernel((phase + 0.5) / factor - 0.5 - (tap - REACH))),
  );
}

/** Convolution filter [TAPS, 1, C, factor * C] that gives every phase of every channel, phase-major. */
function phaseFilter(factor: number, channels: number): Tensor {
  const values = new Float32Array(TAPS * channels * factor * channels);
  phaseWeights(factor).forEach((phases, tap) => {
    phases.forEach((weight, phase) => {
      for (let c = 0; c < channels; c += 1) values[((tap * channels + c) * factor + phase) * channels + c] = weight;
    });
  });
  return tf.tensor4d(values, [TAPS, 1, channels, factor * channels]);
}

function replicateBorder(x: Tensor, axis: 1 | 2): Tensor {
  const size = x.shape[axis]!;
  const edge = (at: number): Tensor => {
    const begin = [0, 0, 0, 0];
    const length = [...x.shape];
    begin[axis] = at;
    length[axis] = 1;
    return tf.slice(x, begin, length);
  };
  const first = edge(0);
  const last = edge(size - 1);
  return tf.concat([first, first, x, last, last], axis);
}

function convolve(x: Tensor, filter: Tensor): Tensor {
  return tf.conv2d(x as ReturnType<typeof tf.tensor4d>, filter as ReturnType<typeof tf.tensor4d>, 1, 'valid');
}

/**
 * Enlarges an image: [B, h, w, C] -> [B, factor*h, factor*w, C]. Values may overshoot the input's range; nothing is clamped.
 * @param factor Integer >= 1; 1 returns the image itself.
 */
export function bicubicUpsample(image: Tensor, factor: number): Tensor {
  if (!Number.isInteger(factor) || factor < 1)
    throw new Error(`bicubic factor must be a positive integer, got ${factor}`);
  if (factor === 1) return image;
  const [b, h, w, c] = image.shape as [number, number, number, number];
  return tf.tidy(() => {
    const filter = phaseFilter(factor, c);
    // Rows: the phases come out as channels and move in front of the columns.
    const rows = convolve(replicateBorder(image, 1), filter)
      .reshape([b, h, w, factor, c])
      .transpose([0, 1, 3, 2, 4])
      .reshape([b, factor * h, w, c]);
    // Columns: phase-major channels already are the enlarged order.
    const across = filter.reshape([1, TAPS, c, factor * c]);
    return convolve(replicateBorder(rows, 2), across).reshape([b, factor * h, factor * w, c]);
  });
}
