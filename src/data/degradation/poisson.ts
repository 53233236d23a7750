/**
 * @file Poisson counts from uniforms by inverting the distribution, without rejection: a fixed number of operations.
 *
 * Rates are level * 2^m / 255 with 256 levels and m from 0 to 8, so that one table holds the distributions of all.
 */
import { gatherRows } from '../../engine/op.js';
import { tf, type Tensor } from '../../engine/tfjs.js';
import type { HostTensor } from '../../weights/tree.js';

const LEVELS = 256;
/** Exponents of the power of two that the number of distinct values is rounded up to. */
const EXPONENTS = 9;
/** Counts from 0; the largest rate is 256, 16 standard deviations below. */
const COUNTS = 512;

/** Distributions P(count <= n) of all rates: [9 * 256 * 512], the row of (m, level) at (256 m + level) * 512. */
export function poissonTable(): HostTensor {
  const data = new Float32Array(EXPONENTS * LEVELS * COUNTS);
  for (let row = 0; row < EXPONENTS * LEVELS; row++) {
    const rate = ((row % LEVELS) / (LEVELS - 1)) * 2 ** Math.floor(row / LEVELS);
    let probability = Math.exp(-rate);
    let sum = 0;
    for (let count = 0; count < COUNTS; count++) {
      sum += probability;
      data[row * COUNTS + count] = sum;
      probability *= rate / (count + 1);
    }
  }
  return { shape: [data.length], data };
}

/**
 * Smallest counts whose distribution reaches the uniforms, by bisection.
 * @param table of {@link poissonTable}
 * @param levels rate times 255 / 2^m: whole numbers in [0, 255], any shape
 * @param exponents m, whole numbers in [0, 8], broadcast against `levels`
 * @param uniforms in (0, 1), the shape of `levels`
 */
export function poissonCounts(table: Tensor, levels: Tensor, exponents: Tensor, uniforms: Tensor): Tensor {
  const rows = tf.mul(tf.cast(tf.add(tf.mul(exponents, LEVELS), levels), 'int32'), tf.scalar(COUNTS, 'int32'));
  let counts: Tensor = tf.zerosLike(rows);
  for (let step = COUNTS / 2; step >= 1; step /= 2) {
    const below = gatherRows(table, tf.add(rows, tf.add(counts, tf.scalar(step - 1, 'int32'))));
    const ahead = tf.cast(tf.less(below, uniforms), 'int32');
    counts = tf.add(counts, tf.mul(ahead, tf.scalar(step, 'int32')));
  }
  return tf.cast(counts, 'float32');
}
