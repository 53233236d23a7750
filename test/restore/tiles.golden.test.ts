import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { crop, type Picture } from '../../src/images/picture.js';
import { BandBlender } from '../../src/restore/blend.js';
import { scaleBox, tileBoxes, tileStarts } from '../../src/restore/tiles.js';
import { readSafetensors } from '../../src/weights/safetensors.js';
import { goldenPath } from '../helpers/golden.js';
import { picturesOf } from '../helpers/pictures.js';

interface TilingCase {
  tensor: string;
  height: number;
  width: number;
  chop_size: number;
  chop_stride: number;
  sf: number;
  height_starts: number[];
  width_starts: number[];
  output_boxes_h0_h1_w0_w1: [number, number, number, number][];
}
interface StartsCase {
  chop_size: number;
  chop_stride: number;
  length: number;
  starts: number[];
}

const golden = JSON.parse(readFileSync(goldenPath('tiling', 'tiling.json'), 'utf8')) as {
  cases: TilingCase[];
  starts: StartsCase[];
};
const { tensors } = await readSafetensors(goldenPath('tiling', 'tiling.safetensors'));

/** The patch function of the golden cases: nearest upsampling * (0.5 + mean) + 0.1 * the patch's first value. */
function patchFunction(patch: Picture, scale: number): Picture {
  const mean = patch.data.reduce((sum, v) => sum + v, 0) / patch.data.length;
  const height = patch.height * scale;
  const width = patch.width * scale;
  const data = new Float32Array(height * width * 3);
  for (let i = 0; i < data.length; i++) {
    const row = Math.floor(i / (width * 3) / scale);
    const column = Math.floor((Math.floor(i / 3) % width) / scale);
    data[i] = patch.data[(row * patch.width + column) * 3 + (i % 3)]! * (0.5 + mean) + 0.1 * patch.data[0]!;
  }
  return { height, width, data };
}

describe('tileStarts', () => {
  it.each(golden.starts)(
    'of $length with tiles of $chop_size every $chop_stride',
    ({ length, chop_size, chop_stride, starts }) => {
      expect(tileStarts(length, chop_size, chop_stride)).toEqual(starts);
    },
  );
});

describe.each(golden.cases)('$tensor: $height x $width', (c) => {
  const boxes = tileBoxes(c.height, c.width, c.chop_size, c.chop_size - c.chop_stride);

  it('has the reference boxes, row by row', () => {
    const found = boxes
      .map((box) => scaleBox(box, c.sf))
      .map((b) => [b.top, b.top + b.height, b.left, b.left + b.width]);
    // The reference lets a box of a short side reach over the image, where slicing cuts it off.
    const expected = c.output_boxes_h0_h1_w0_w1.map(([h0, h1, w0, w1]) => [
      h0,
      Math.min(h1, c.height * c.sf),
      w0,
      Math.min(w1, c.width * c.sf),
    ]);
    expect(found).toEqual(expected);
  });

  it('blends to the reference output within 1e-6', () => {
    const expected = picturesOf(tensors.get(`${c.tensor}.out`)!);
    picturesOf(tensors.get(`${c.tensor}.image`)!).forEach((image, index) => {
      const blended = new Float32Array(c.height * c.width * c.sf ** 2 * 3);
      const layout = { height: c.height * c.sf, width: c.width * c.sf, blend: 'average', ramp: 0 } as const;
      const blender = new BandBlender(layout, (band, top) => blended.set(band.data, top * band.width * 3));
      for (const box of boxes) blender.add(patchFunction(crop(image, box), c.sf), box.top * c.sf, box.left * c.sf);
      blender.finish();
      const worst = expected[index]!.data.reduce((max, v, i) => Math.max(max, Math.abs(v - blended[i]!)), 0);
      expect(worst).toBeLessThanOrEqual(1e-6);
    });
  });
});

describe('wrong use', () => {
  it('refuses an overlap that leaves no stride', () => {
    expect(() => tileBoxes(64, 64, 32, 32)).toThrow('overlap 32 must be a whole number in [0, 32)');
  });
});
