/** @file The time embedding: sinusoids of the step index, then two linear layers (spec: cosines first). */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { silu } from './activations.js';
import { linear } from './linear.js';

/** The layer that sees the sinusoids. */
export const TIME_EMBEDDING = 'time_embed.0';

/**
 * [cos(t w_j), sin(t w_j)] with w_j = 10000^(-j/half), j < half = floor(channels / 2); a zero is appended for odd widths.
 * @param t Step indices of the original schedule, int32 [B], not rescaled.
 * @returns float32 [B, channels]
 */
export function sinusoids(t: Tensor, channels: number): Tensor {
  const half = Math.floor(channels / 2);
  const frequencies = Float32Array.from({ length: half }, (_, j) => Math.exp((-Math.log(10000) * j) / half));
  const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(frequencies, [1, half]));
  const parts = [tf.cos(angles), tf.sin(angles)];
  if (channels % 2 === 1) parts.push(tf.zeros([t.shape[0], 1]));
  return tf.concat(parts, 1);
}

/**
 * `time_embed`: the sinusoids of one or several timesteps, int32 [B] each, side by side -> [B, 4 * channels]. No activation
 * at the end: every ResBlock applies its own.
 */
export function timeEmbedding(params: Params, timesteps: readonly Tensor[], channels: number): Tensor {
  const waves = timesteps.map((t) => sinusoids(t, channels));
  const hidden = silu(linear(params, TIME_EMBEDDING, waves.length === 1 ? waves[0]! : tf.concat(waves, 1)));
  return linear(params, 'time_embed.2', hidden);
}
