/** @file Noise draws of some samples, laid on the canvas of the noise stage. */
import type { HostArray } from '../../engine/host_array.js';
import { CHANNELS } from '../../images/pixels.js';
import type { NoiseDraws } from './noise_draws.js';

/** Copies a field [side, side, channels] into the upper left corner of a canvas. */
function lay(field: Float32Array, canvas: Float32Array, side: number, canvasSide: number, channels: number): void {
  const row = side * channels;
  for (let y = 0; y < side; y++) canvas.set(field.subarray(y * row, (y + 1) * row), y * canvasSide * channels);
}

/** 1 where an image of `side` is on its canvas: [canvas, canvas, 1]. */
function imageMask(side: number, canvas: number): HostArray {
  const data = new Float32Array(canvas * canvas);
  for (let y = 0; y < side; y++) data.fill(1, y * canvas, y * canvas + side);
  return { shape: [canvas, canvas, 1], data };
}

/** [samples, canvas, canvas, 3]. */
function colourFeed({ colour, side }: NoiseDraws, first: number, samples: number, canvas: number): HostArray {
  const size = canvas * canvas * CHANNELS;
  const data = new Float32Array(samples * size);
  for (let i = 0; i < samples; i++) {
    const field = colour[first + i];
    if (field) lay(field, data.subarray(i * size, (i + 1) * size), side, canvas, CHANNELS);
  }
  return { shape: [samples, canvas, canvas, CHANNELS], data };
}

/** The field that all samples share, [canvas, canvas]; for counts and their uniforms one for each, [canvas, canvas, samples]. */
function greyFeed({ kind, grey, side }: NoiseDraws, first: number, samples: number, canvas: number): HostArray {
  if (kind === 'gaussian') {
    const data = new Float32Array(canvas * canvas);
    if (grey[0]) lay(grey[0], data, side, canvas, 1);
    return { shape: [canvas, canvas], data };
  }
  const data = new Float32Array(canvas * canvas * samples);
  for (let i = 0; i < samples; i++) {
    grey[first + i]?.forEach((value, at) => {
      data[(Math.floor(at / side) * canvas + (at % side)) * samples + i] = value;
    });
  }
  return { shape: [canvas, canvas, samples], data };
}

/** Feeds of a noise stage for samples `first`, ... of the batch. */
export function noiseFeeds(
  draws: NoiseDraws,
  first: number,
  samples: number,
  canvas: number,
): Record<'colour' | 'grey' | 'colourLevel' | 'greyLevel' | 'mask', HostArray> {
  // Standard deviations are drawn in 8-bit levels.
  const unit = draws.kind === 'gaussian' ? 255 : 1;
  const levels = (grey: boolean): HostArray => ({
    shape: [samples],
    data: Float32Array.from({ length: samples }, (_, i) =>
      draws.isGrey[first + i] === grey ? draws.level[first + i]! / unit : 0,
    ),
  });
  return {
    colour: colourFeed(draws, first, samples, canvas),
    grey: greyFeed(draws, first, samples, canvas),
    colourLevel: levels(false),
    greyLevel: levels(true),
    mask: imageMask(draws.side, canvas),
  };
}
