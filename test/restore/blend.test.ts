import { describe, expect, it } from 'vitest';
import type { Picture } from '../../src/images/picture.js';
import { BandBlender, sideWeights, type BlendLayout } from '../../src/restore/blend.js';
import { tileBoxes } from '../../src/restore/tiles.js';

function flat(height: number, width: number, value: number): Picture {
  return { height, width, data: new Float32Array(height * width * 3).fill(value) };
}

/** Tiles of one value each, put together. */
function blendFlat(layout: BlendLayout, tile: number, valueOf: (index: number) => number) {
  const { height, width, ramp } = layout;
  const data = new Float32Array(height * width * 3);
  const bands: [top: number, rows: number][] = [];
  const blender = new BandBlender(layout, (band, top) => {
    bands.push([top, band.height]);
    data.set(band.data, top * width * 3);
  });
  const boxes = tileBoxes(height, width, tile, ramp);
  boxes.forEach((box, index) => blender.add(flat(box.height, box.width, valueOf(index)), box.top, box.left));
  blender.finish();
  const at = (y: number, x: number): number => data[(y * width + x) * 3]!;
  return { at, bands, boxes };
}

/** Largest difference of neighbouring pixels. */
function steepest(at: (y: number, x: number) => number, height: number, width: number): number {
  let worst = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x > 0) worst = Math.max(worst, Math.abs(at(y, x) - at(y, x - 1)));
      if (y > 0) worst = Math.max(worst, Math.abs(at(y, x) - at(y - 1, x)));
    }
  }
  return worst;
}

describe('feather', () => {
  it('mixes two tiles in the ratio of the distances to their ends', () => {
    const { at } = blendFlat({ height: 8, width: 12, blend: 'feather', ramp: 4 }, 8, (index) => index);
    const expected = [0, 0, 0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1, 1, 1];
    expected.forEach((value, x) => expect(at(0, x)).toBeCloseTo(value, 6));
  });

  it('has weights that fade over the ramp, but not at the border of the picture', () => {
    const layout = { height: 0, width: 0, blend: 'feather', ramp: 2 } as const;
    expect([...sideWeights(5, 0, 5, layout)]).toEqual([1, 1, 1, 1, 1]);
    expect([...sideWeights(5, 0, 9, layout)]).toEqual([1, 1, 1, 0.75, 0.25]);
    expect([...sideWeights(5, 3, 9, layout)]).toEqual([0.25, 0.75, 1, 0.75, 0.25]);
    expect([...sideWeights(5, 4, 9, layout)]).toEqual([0.25, 0.75, 1, 1, 1]);
  });

  it('leaves no seams between tiles of different values, also where the last tile is moved back', () => {
    // Sides that do not divide: the last tiles overlap more than the others, three at a time.
    const [height, width, ramp, tile] = [45, 77, 8, 24];
    const valueOf = (index: number): number => (index % 2 === 0 ? -0.5 : 0.5);
    const average = blendFlat({ height, width, blend: 'average', ramp }, tile, valueOf);
    const feather = blendFlat({ height, width, blend: 'feather', ramp }, tile, valueOf);
    // A plain average jumps by half of the offset of 1; a ramp of 8 pixels climbs by an eighth a pixel, and by at most
    // twice that where a third tile fades in or out at the same place.
    expect(steepest(average.at, height, width)).toBeGreaterThanOrEqual(0.5);
    expect(steepest(feather.at, height, width)).toBeLessThanOrEqual(2 / ramp);
  });

  it('does not change what all tiles agree on', () => {
    const { at } = blendFlat({ height: 30, width: 50, blend: 'feather', ramp: 6 }, 16, () => 0.7);
    for (let y = 0; y < 30; y++) for (let x = 0; x < 50; x++) expect(at(y, x)).toBeCloseTo(0.7, 6);
  });
});

describe('bands', () => {
  it('are handed on as soon as no tile reaches them', () => {
    const layout = { height: 40, width: 20, blend: 'average', ramp: 4 } as const;
    const { bands, boxes } = blendFlat(layout, 16, () => 0);
    expect(new Set(boxes.map(({ top }) => top))).toEqual(new Set([0, 12, 24]));
    expect(bands).toEqual([
      [0, 12],
      [12, 12],
      [24, 16],
    ]);
  });

  it('must be covered, and cannot be reached again', () => {
    const layout = { height: 4, width: 2, blend: 'average', ramp: 0 } as const;
    const half = new BandBlender(layout, () => undefined);
    half.add(flat(2, 1, 0), 0, 0);
    expect(() => half.finish()).toThrow('covered by no tile');
    const upwards = new BandBlender(layout, () => undefined);
    upwards.add(flat(2, 2, 0), 2 - 2, 0);
    upwards.add(flat(2, 2, 0), 2, 0);
    expect(() => upwards.add(flat(2, 2, 0), 0, 0)).toThrow('were handed on');
  });
});
