/** @file Half the size of a plane, as MATLAB's `imresize` makes it. */
import { resizeTaps } from '../../images/taps.js';
import type { Plane } from '../planes.js';

/** Bicubic, antialiased, border mirrored: [h,w] -> [ceil(h/2),ceil(w/2)]. */
export function halved({ height, width, data }: Plane): Plane {
  const rows = resizeTaps('imresize', height, Math.ceil(height / 2), 2);
  const columns = resizeTaps('imresize', width, Math.ceil(width / 2), 2);
  const out = new Float64Array(rows.size * columns.size);
  const line = new Float64Array(width);
  for (let y = 0; y < rows.size; y++) {
    line.fill(0);
    for (let k = y * rows.width; k < (y + 1) * rows.width; k++) {
      const [from, weight] = [rows.indices[k]! * width, rows.weights[k]!];
      for (let x = 0; x < width; x++) line[x]! += weight * data[from + x]!;
    }
    for (let i = 0; i < columns.indices.length; i++) {
      out[y * columns.size + Math.floor(i / columns.width)]! += columns.weights[i]! * line[columns.indices[i]!]!;
    }
  }
  return { height: rows.size, width: columns.size, data: out };
}
