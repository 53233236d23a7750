/** @file Evaluation: the part of an image in which restorations differ most. */
import type { Box } from '../images/picture.js';
import type { Rgb8 } from '../images/pixels.js';

const CHANNELS = 3;
/** Neighbouring boxes that are looked at overlap by all but this part of their side. */
const STRIDE = 1 / 4;

/** By how much versions of one pixel differ: largest minus smallest of each channel, summed. [height * width]. */
function spreads(versions: readonly Rgb8[]): Float64Array {
  const { height, width } = versions[0]!;
  return Float64Array.from({ length: height * width }, (_, pixel) => {
    let spread = 0;
    for (let i = pixel * CHANNELS; i < (pixel + 1) * CHANNELS; i++) {
      let [low, high] = [255, 0];
      for (const { data } of versions) {
        low = Math.min(low, data[i]!);
        high = Math.max(high, data[i]!);
      }
      spread += high - low;
    }
    return spread;
  });
}

/** Sums over all rectangles from the corner: [height + 1, width + 1]. */
function integral(values: Float64Array, height: number, width: number): Float64Array {
  const sums = new Float64Array((height + 1) * (width + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += values[y * width + x]!;
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row;
    }
  }
  return sums;
}

/**
 * The square in which versions of one image differ most, the first of equals.
 * @param versions At least two, of one size.
 * @param side Of the square in pixels; less where the image is smaller.
 * @param multiple What place and size of the square are multiples of, so that it is a whole square in the LR image too.
 */
export function differingBox(versions: readonly Rgb8[], side: number, multiple: number): Box {
  const { height, width } = versions[0]!;
  const whole = (length: number): number => Math.max(multiple, Math.floor(length / multiple) * multiple);
  const size = { height: whole(Math.min(side, height)), width: whole(Math.min(side, width)) };
  const sums = integral(spreads(versions), height, width);
  const at = (y: number, x: number): number => sums[y * (width + 1) + x]!;
  const step = whole(side * STRIDE);
  let best = { top: 0, left: 0, ...size };
  let most = -1;
  for (let top = 0; top + size.height <= height; top += step) {
    for (let left = 0; left + size.width <= width; left += step) {
      const [bottom, right] = [top + size.height, left + size.width];
      const sum = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
      if (sum <= most) continue;
      most = sum;
      best = { top, left, ...size };
    }
  }
  return best;
}
