/**
 * @file Resizes and paddings along one axis as matrices, made on the host: a traced program has fixed shapes, and the
 * sides of a degraded image vary from batch to batch.
 */
import type { HostArray } from '../../engine/host_array.js';
import { reflectedIndex, type Taps } from '../../images/taps.js';

/**
 * Tap table as a matrix.
 * @param rows output positions of the canvas; rows beyond the table are zero, so that what lies outside is zero
 * @param columns input positions of the canvas
 */
export function tapMatrix(taps: Taps, rows: number, columns: number): HostArray {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < taps.size; i++) {
    for (let k = i * taps.width; k < (i + 1) * taps.width; k++) {
      data[i * columns + taps.indices[k]!]! += taps.weights[k]!;
    }
  }
  return { shape: [rows, columns], data };
}

/**
 * Padding by reflection (edge not repeated) on both sides of an image on a canvas.
 * @param side the image's side
 * @param canvas the canvas's side
 * @returns [canvas + 2 margin, canvas]; rows beyond side + 2 margin are zero
 */
export function reflectionMatrix(side: number, canvas: number, margin: number): HostArray {
  const data = new Float32Array((canvas + 2 * margin) * canvas);
  for (let i = 0; i < side + 2 * margin; i++) data[i * canvas + reflectedIndex(i - margin, side)] = 1;
  return { shape: [canvas + 2 * margin, canvas], data };
}
