/** @file Images in, images out: bicubic enlargement on the host, row by row. */
import { resizeTaps } from '../images/taps.js';

/** Samples [height, width, channels], row by row. */
export interface Samples {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/**
 * The rows of the bicubic enlargement of `source` (a = -0.75, half-pixel centres, clamped borders: the enlargement the
 * networks start from), from top to bottom.
 * @param scale Integer >= 1.
 * @returns `source.height * scale` rows of `source.width * scale * channels` samples, not clamped; each row is the same
 *   array with new content.
 */
export function* enlargedRows(source: Samples, scale: number): Generator<Float32Array> {
  const { height, width, channels, data } = source;
  const down = resizeTaps('bicubic', height, height * scale);
  const across = resizeTaps('bicubic', width, width * scale);
  const mixed = new Float64Array(width * channels);
  const row = new Float32Array(width * scale * channels);
  for (let y = 0; y < height * scale; y++) {
    mixed.fill(0);
    for (let k = y * down.width; k < (y + 1) * down.width; k++) {
      const weight = down.weights[k]!;
      const from = down.indices[k]! * mixed.length;
      for (let i = 0; i < mixed.length; i++) mixed[i]! += weight * data[from + i]!;
    }
    for (let x = 0; x < width * scale; x++) {
      for (let c = 0; c < channels; c++) {
        let value = 0;
        for (let k = x * across.width; k < (x + 1) * across.width; k++) {
          value += across.weights[k]! * mixed[across.indices[k]! * channels + c]!;
        }
        row[x * channels + c] = value;
      }
    }
    yield row;
  }
}
