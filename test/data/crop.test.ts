/** @file Crops: inside the photo where it is large enough, reflected where not, mirrored half of the time. */
import { expect, it } from 'vitest';
import { centreCrop, randomCrop } from '../../src/data/crop.js';
import type { Pixels, Rgb8 } from '../../src/images/pixels.js';
import { CountedRandom } from '../../src/random/counted.js';

/** Red counts columns, green counts rows. */
function coordinates(height: number, width: number): Rgb8 {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [pixel % width, Math.floor(pixel / width), 7][i % 3]!;
  });
  return { height, width, data };
}

const random = (sample: number) => new CountedRandom({ seed: 1, purpose: 'test', sample });
const columns = ({ data, width }: Pixels) => Array.from({ length: width }, (_, x) => Math.round(data[x * 3]! * 255));
const rows = ({ data, width, height }: Pixels) =>
  Array.from({ length: height }, (_, y) => Math.round(data[y * width * 3 + 1]! * 255));

it('takes native crops everywhere in the photo, mirrored half of the time', () => {
  const seen = { mirrored: 0, left: new Set<number>(), top: new Set<number>() };
  for (let sample = 0; sample < 400; sample++) {
    const crop = randomCrop(coordinates(6, 9), { gtSize: 4, flip: true, rescale: false }, random(sample));
    const [first, second] = columns(crop) as [number, number];
    seen.mirrored += second < first ? 1 : 0;
    seen.left.add(Math.min(...columns(crop)));
    seen.top.add(rows(crop)[0]!);
    const step = second - first;
    expect(columns(crop)).toEqual([0, 1, 2, 3].map((i) => first + i * step));
    expect(Math.abs(step)).toBe(1);
  }
  expect([...seen.left].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  expect([...seen.top].sort()).toEqual([0, 1, 2]);
  expect(seen.mirrored).toBeGreaterThan(150);
  expect(seen.mirrored).toBeLessThan(250);
});

it('never mirrors without flip, at the same places', () => {
  for (let sample = 0; sample < 20; sample++) {
    const [plain, flipped] = [false, true].map((flip) =>
      randomCrop(coordinates(9, 9), { gtSize: 4, flip, rescale: false }, random(sample)),
    );
    expect(columns(plain!)[1]! - columns(plain!)[0]!).toBe(1);
    expect(rows(plain!)).toEqual(rows(flipped!));
  }
});

it('pads small photos by reflection to the right and downwards, more than once if need be', () => {
  const crop = centreCrop(coordinates(3, 2), { gtSize: 8, flip: false, rescale: false });
  expect(columns(crop)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  expect(rows(crop)).toEqual([0, 1, 2, 1, 0, 1, 2, 1]);
  expect(rows(centreCrop(coordinates(1, 9), { gtSize: 4, flip: false, rescale: false }))).toEqual([0, 0, 0, 0]);
});

it('mirrors before padding: the padded side is the right one in both cases', () => {
  const crops = Array.from({ length: 20 }, (_, sample) =>
    columns(randomCrop(coordinates(4, 3), { gtSize: 4, flip: true, rescale: false }, random(sample))).join(),
  );
  expect([...new Set(crops)].sort()).toEqual(['0,1,2,1', '2,1,0,1']);
});

it('rescales the whole short side by area', () => {
  const crop = centreCrop(coordinates(8, 12), { gtSize: 4, flip: false, rescale: true });
  // Columns 2..9 in pairs: means 2.5, 4.5, ...; rows 0..7: 0.5, 2.5, ...
  for (const [i, v] of [2.5, 4.5, 6.5, 8.5].entries()) expect(crop.data[i * 3]! * 255).toBeCloseTo(v, 4);
  for (const [i, v] of [0.5, 2.5, 4.5, 6.5].entries()) expect(crop.data[i * 4 * 3 + 1]! * 255).toBeCloseTo(v, 4);
});
