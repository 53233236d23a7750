/** @file Vector quantisation: nearest code, straight-through gradient, look-up with a gradient into the codebook. */
import { gatherRows } from '../engine/op.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import type { AutoencoderConfig } from './autoencoder_config.js';
import { differentiable } from './differentiable.js';
import { param } from './params.js';

/** Most distances held at once: 64 MiB of float32. */
const MAX_DISTANCES = 2 ** 24;
/** Key of the codebook. */
export const CODEBOOK = 'quantize.embedding.weight';

// The value is the code; the gradient goes to z as if nothing had happened, and none to the codebook.
const straightThrough = differentiable<'z' | 'code'>({
  name: 'RsdStraightThrough',
  saveInputs: [],
  forward: ({ code }) => [code.clone()],
  gradient: (dy) => ({ z: () => dy.clone(), code: () => tf.zerosLike(dy) }),
});

const lookUpCode = differentiable<'codebook' | 'indices'>({
  name: 'RsdCodeLookup',
  saveInputs: ['codebook', 'indices'],
  forward: ({ codebook, indices }) => [gatherRows(codebook, indices)],
  gradient: (dy, [codebook, indices]) => ({
    codebook: () => tf.unsortedSegmentSum(dy, indices as ReturnType<typeof tf.tensor1d>, codebook!.shape[0]),
    // TensorFlow.js wants a float gradient even of indices.
    indices: () => tf.zeros(indices!.shape),
  }),
});

/** Indices of the nearest codes of vectors [N,D] in a codebook [K,D]: int32 [N], the first minimum on ties. */
function nearestCodes(vectors: Tensor, codebook: Tensor, maxDistances: number): Tensor {
  const [count, width] = vectors.shape as [number, number];
  const codes = codebook.shape[0];
  // |z - e|^2 without the term |z|^2, which all codes share.
  const squares = tf.reshape(tf.sum(tf.square(codebook), 1), [1, codes]);
  const rows = Math.max(1, Math.floor(maxDistances / codes));
  const blocks: Tensor[] = [];
  for (let begin = 0; begin < count; begin += rows) {
    const block = tf.slice(vectors, [begin, 0], [Math.min(rows, count - begin), width]);
    const nearest = tf.tidy(() => tf.argMin(tf.sub(squares, tf.matMul(tf.mul(block, 2), codebook, false, true)), 1));
    blocks.push(nearest);
  }
  return blocks.length === 1 ? blocks[0]! : tf.concat(blocks, 0);
}

/** A quantised latent. */
export interface Quantized {
  /** The codes in place of the latent's vectors, [B,h,w,D]; its gradient passes to the latent unchanged. */
  readonly quantized: Tensor;
  /** Which codes, int32 [B,h,w]. */
  readonly indices: Tensor;
}

/**
 * Replaces every vector of the latent by its nearest code.
 * @param z Latent [B,h,w,D].
 * @param maxDistances Positions are processed in blocks of at most this many distances.
 */
export function quantize(
  params: Params,
  config: AutoencoderConfig,
  z: Tensor,
  maxDistances = MAX_DISTANCES,
): Quantized {
  const codebook = param(params, CODEBOOK);
  const vectors = tf.reshape(z, [-1, config.embedDim]);
  const indices = nearestCodes(vectors, codebook, maxDistances);
  const quantized = tf.reshape(straightThrough({ z: vectors, code: gatherRows(codebook, indices) }), z.shape);
  return { quantized, indices: tf.reshape(indices, z.shape.slice(0, 3)) };
}

/** The codes at `indices` int32 [B,h,w]: [B,h,w,D], with a gradient into the codebook (which {@link quantize} does not give). */
export function lookUpCodes(params: Params, indices: Tensor): Tensor {
  const codes = lookUpCode({ codebook: param(params, CODEBOOK), indices: tf.reshape(indices, [-1]) });
  return tf.reshape(codes, [...indices.shape, -1]);
}
