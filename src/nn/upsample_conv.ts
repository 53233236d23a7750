/**
 * @file Nearest upsampling and 3x3 convolution in one, with 4/9 of the multiplications.
 *
 * Of the nine positions that a 3x3 filter meets in an enlarged map, several are copies of one: per axis three positions are
 * two different ones. Their weights can be added beforehand, which leaves a 2x2 filter of the small map for each of the four
 * phases (output row even or odd, column even or odd).
 */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { conv3x3, prefersColumns } from './conv.js';
import { biasAdd } from './linear.js';
import { param } from './params.js';
import { upsampleNearest } from './resample.js';

type Tensor4D = ReturnType<typeof tf.tensor4d>;

/** By phase of one axis: which of the filter's three weights each of the two positions gets. */
const SHARES = [
  [[1, 0, 0], [0, 1, 1]],
  [[1, 1, 0], [0, 0, 1]],
] as const; // prettier-ignore

/** The sums as a matrix: rows are (phase y, phase x, tap y, tap x), columns a 3x3 filter's weights. */
const SUMS = Float32Array.from(
  SHARES.flatMap((ofRow) =>
    SHARES.flatMap((ofColumn) =>
      ofRow.flatMap((y) => ofColumn.flatMap((x) => y.flatMap((weight) => x.map((other) => weight * other)))),
    ),
  ),
);

/** The filters [2,2,in,out] of the phases (0,0), (0,1), (1,0), (1,1). */
function phaseFilters(filter: Tensor): Tensor4D[] {
  const [, , inputs, outputs] = filter.shape as [number, number, number, number];
  const sums = tf.matMul(tf.tensor2d(SUMS, [16, 9]), tf.reshape(filter, [9, inputs * outputs]));
  return tf.split(sums, 4).map((phase) => tf.reshape(phase, [2, 2, inputs, outputs]));
}

/**
 * `conv3x3` of `x` enlarged twice by nearest neighbours: [B,H,W,in] -> [B,2H,2W,out].
 * @param prefix of `.weight` [3,3,in,out] and `.bias` [out].
 */
export function upsampleConv3x3(params: Params, prefix: string, x: Tensor): Tensor {
  const filter = param(params, `${prefix}.weight`);
  const [batch, height, width, inputs] = x.shape as [number, number, number, number];
  if (prefersColumns(filter, 4 * batch * height * width)) return conv3x3(params, prefix, upsampleNearest(x, 2));
  const outputs = filter.shape[3]!;
  const padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]); // prettier-ignore
  const filters = phaseFilters(filter);
  const bias = param(params, `${prefix}.bias`);
  const rows = [0, 1].map((y) => {
    const phases = [0, 1].map((x) => {
      const seen = tf.slice(padded, [0, y, x, 0], [batch, height + 1, width + 1, inputs]) as Tensor4D;
      // The bias of each phase at once: TensorFlow adds it inside the convolution, not in a pass of its own.
      const phase = biasAdd(tf.conv2d(seen, filters[2 * y + x]!, 1, 'valid'), bias);
      return tf.reshape(phase, [batch, height, width, 1, outputs]);
    });
    return tf.reshape(tf.concat(phases, 3), [batch, height, 1, 2 * width * outputs]);
  });
  return tf.reshape(tf.concat(rows, 2), [batch, 2 * height, 2 * width, outputs]);
}
