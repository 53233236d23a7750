/** @file Per-sample values of float64 tables on the device. */
import { gatherRows } from '../engine/op.js';
import { tf, type Tensor } from '../engine/tfjs.js';

/**
 * Entries of a table at each sample's timestep, rounded to float32 once.
 * @param t int32 [B].
 * @param rank Rank of the result: [B, 1, ..., 1], ready to broadcast against a tensor of that rank; 1 gives [B].
 */
export function lookup(table: Float64Array, t: Tensor, rank = 4): Tensor {
  return tf.tidy(() => {
    const rows = gatherRows(tf.tensor1d(Float32Array.from(table)), t);
    return rows.reshape([t.shape[0], ...Array<number>(rank - 1).fill(1)]);
  });
}

/** Network timesteps int32 [B] of process timesteps `t` int32 [B] (they differ only in a respaced process). */
export function networkTimesteps(timestepMap: readonly number[], t: Tensor): Tensor {
  return tf.tidy(() => gatherRows(tf.tensor1d(Int32Array.from(timestepMap), 'int32'), t));
}

/** The same timestep for a whole batch: int32 [batch]. */
export function sameTimestep(t: number, batch: number): Tensor {
  return tf.tensor1d(new Int32Array(batch).fill(t), 'int32');
}
