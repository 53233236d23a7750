/** @file Index tables of windowed attention: relative positions and the reference's shift mask. */

/**
 * Row of the bias table for every (query, key) pair of a window, row-major [w*w, w*w]:
 * (py - ky + w - 1) * (2w - 1) + (px - kx + w - 1).
 */
export function relativePositionIndex(window: number): Int32Array {
  const tokens = window * window;
  const index = new Int32Array(tokens * tokens);
  for (let p = 0; p < tokens; p++) {
    for (let k = 0; k < tokens; k++) {
      const dy = Math.floor(p / window) - Math.floor(k / window) + window - 1;
      const dx = (p % window) - (k % window) + window - 1;
      index[p * tokens + k] = dy * (2 * window - 1) + dx;
    }
  }
  return index;
}

/**
 * What is added to the logits of the windows in the last window row, row-major [w*w, w*w]; all other windows get zero.
 *
 * This is not the mask of the Swin paper: tokens are told apart by their column only and nothing is masked elsewhere.
 * Published weights were trained with it.
 */
export function lastRowMask(window: number, shift: number): Float32Array {
  const tokens = window * window;
  const wrapped = (token: number): boolean => token % window >= window - shift;
  const mask = new Float32Array(tokens * tokens);
  for (let p = 0; p < tokens; p++) {
    for (let k = 0; k < tokens; k++) mask[p * tokens + k] = wrapped(p) === wrapped(k) ? 0 : -100;
  }
  return mask;
}
