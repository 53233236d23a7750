/** @file Unsharp masking of HR images where they have edges. */
import { tf, type Tensor } from '../../engine/tfjs.js';
import { reflectedIndex } from '../../images/taps.js';
import { resample } from './planes.js';

/** Taps of the Gaussian, and its standard deviation by the rule that the image library of the original has for it. */
const TAPS = 51;
const SIGMA = 0.3 * ((TAPS - 1) / 2 - 1) + 0.8;

export interface SharpenOptions {
  /** Share of the detail that is added. */
  readonly weight: number;
  /** Least detail that counts as an edge, 8-bit levels. */
  readonly threshold: number;
}

/** Gaussian blur with reflected border as a matrix [side, side]. */
function blurMatrix(side: number): Tensor {
  const radius = (TAPS - 1) / 2;
  const taps = Array.from({ length: TAPS }, (_, k) => Math.exp(-((k - radius) ** 2) / (2 * SIGMA ** 2)));
  const sum = taps.reduce((a, b) => a + b, 0);
  const matrix = new Float32Array(side * side);
  for (let i = 0; i < side; i++) {
    taps.forEach((tap, k) => {
      matrix[i * side + reflectedIndex(i + k - radius, side)]! += tap / sum;
    });
  }
  return tf.tensor2d(matrix, [side, side]);
}

/**
 * soft limited(image + weight detail) + (1 - soft) image, where detail = image - blurred image, and soft is the blurred map
 * of the places with |detail| above the threshold.
 * @param planes [H, W, C] in [0, 1]
 */
export function sharpen(
  planes: Tensor,
  { weight, threshold }: SharpenOptions = { weight: 0.5, threshold: 10 },
): Tensor {
  const [height, width] = planes.shape as [number, number, number];
  const [rows, columns] = [blurMatrix(height), blurMatrix(width)];
  const detail = tf.sub(planes, resample(planes, rows, columns));
  const edges = tf.cast(tf.greater(tf.mul(tf.abs(detail), 255), threshold), 'float32');
  const soft = resample(edges, rows, columns);
  const sharp = tf.clipByValue(tf.add(planes, tf.mul(detail, weight)), 0, 1);
  return tf.add(tf.mul(soft, sharp), tf.mul(tf.sub(1, soft), planes));
}
