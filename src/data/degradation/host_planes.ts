/** @file Planes [H, W, B * 3] on the host: single samples taken out of them. */
import type { HostArray } from '../../engine/host_array.js';
import { CHANNELS, type Pixels } from '../../images/pixels.js';

/** A square part of one sample, from row `top` and column `left`. */
export function sampleOf(planes: HostArray, sample: number, side: number, top = 0, left = 0): Pixels {
  const [, width, count] = planes.shape as [number, number, number];
  const data = new Float32Array(side * side * CHANNELS);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = ((top + y) * width + left + x) * count + sample * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) data[at++] = planes.data[from + c]!;
    }
  }
  return { height: side, width: side, data };
}

/** Puts a sample into the upper left corner of planes, in place. */
export function putSample(planes: HostArray, sample: number, { height, width, data }: Pixels): void {
  const [, canvas, count] = planes.shape as [number, number, number];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y * canvas + x) * count + sample * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) planes.data[to + c] = data[at++]!;
    }
  }
}
