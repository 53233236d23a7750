/** @file The shifted windows of Swin's paper (Liu et al., ICCV 2021) on MANIQA's map of tokens. */
import { gatherRows } from '../../engine/op.js';
import { tf, type Params, type Tensor } from '../../engine/tfjs.js';
import { gelu } from '../../nn/activations.js';
import { param } from '../../nn/params.js';
import { rollBack } from '../../nn/resample.js';
import { relativePositionIndex } from '../../nn/window_geometry.js';
import { transformerBlock } from '../transformer.js';
import { MAP, SWIN_HEADS, WINDOW } from './weights.js';

const SIDE = MAP / WINDOW;
const TOKENS = WINDOW * WINDOW;
const EPSILON = 1e-5;
const FORBIDDEN = -100;

/** Map [1,28,28,C] -> windows [49,16,C]. */
function cut(x: Tensor): Tensor {
  const channels = x.shape[3]!;
  const grid = tf.transpose(tf.reshape(x, [SIDE, WINDOW, SIDE, WINDOW, channels]), [0, 2, 1, 3, 4]);
  return tf.reshape(grid, [SIDE * SIDE, TOKENS, channels]);
}

/** The inverse of {@link cut}. */
function join(windows: Tensor): Tensor {
  const channels = windows.shape[2]!;
  const grid = tf.transpose(tf.reshape(windows, [SIDE, SIDE, WINDOW, WINDOW, channels]), [0, 2, 1, 3, 4]);
  return tf.reshape(grid, [1, MAP, MAP, channels]);
}

/** What keeps tokens apart that only a shift brought into one window: [49,1,16,16]. */
function shiftMask(shift: number): Tensor {
  const strip = (at: number): number => (at < MAP - WINDOW ? 0 : at < MAP - shift ? 1 : 2);
  const region = (window: number, token: number): number => {
    const y = Math.floor(window / SIDE) * WINDOW + Math.floor(token / WINDOW);
    const x = (window % SIDE) * WINDOW + (token % WINDOW);
    return strip(y) * 3 + strip(x);
  };
  const data = Float32Array.from({ length: SIDE * SIDE * TOKENS * TOKENS }, (_, i) => {
    const window = Math.floor(i / (TOKENS * TOKENS));
    const [query, key] = [Math.floor(i / TOKENS) % TOKENS, i % TOKENS];
    return region(window, query) === region(window, key) ? 0 : FORBIDDEN;
  });
  return tf.tensor4d(data, [SIDE * SIDE, 1, TOKENS, TOKENS]);
}

/** Bias of each pair of a window's tokens: [1,heads,16,16]. */
function positionBias(params: Params, prefix: string): Tensor {
  const index = tf.tensor1d(relativePositionIndex(WINDOW), 'int32');
  const pairs = gatherRows(param(params, `${prefix}.relative_position_bias_table`), index);
  return tf.reshape(tf.transpose(pairs, [1, 0]), [1, SWIN_HEADS, TOKENS, TOKENS]);
}

/**
 * A Swin block on the map [1,28,28,C].
 * @param shift Rows and columns by which the windows are moved; 0 for none.
 */
export function swinBlock(params: Params, prefix: string, x: Tensor, shift: number): Tensor {
  const bias = positionBias(params, prefix);
  const mask = shift === 0 ? bias : tf.add(bias, shiftMask(shift));
  const options = { heads: SWIN_HEADS, eps: EPSILON, activation: gelu, mask };
  const shifted = shift === 0 ? x : rollBack(x, shift);
  const y = join(transformerBlock(params, prefix, cut(shifted), options));
  return shift === 0 ? y : rollBack(y, -shift);
}
