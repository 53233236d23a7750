/** @file A photo restored whole and in tiles by the shipped student: the difference by distance to the tiles' borders. */
import { expect, it } from 'vitest';
import { crop, type Picture } from '../../src/images/picture.js';
import { decodeImage } from '../../src/restore/decode_image.js';
import { loadModel } from '../../src/restore/load_model.js';
import { createRestorer, type RestorerOptions } from '../../src/restore/restorer.js';
import { tileStarts } from '../../src/restore/tiles.js';
import { goldenPath } from '../helpers/golden.js';

const SIDE = 192;
const TILE = 128;
const OVERLAP = 16;
const SCALE = 4;
/** Pixels of the result that count as near a border. */
const NEAR = 8;

const read = { toSrgb: false, orient: true, alpha: false, metadata: false };

/** Mean absolute difference in 8-bit levels, near borders that lie inside the picture and elsewhere. */
function differences(a: Picture, b: Picture): { near: number; elsewhere: number; largest: number } {
  const starts = tileStarts(SIDE, TILE, TILE - OVERLAP);
  const borders = starts.flatMap((start) => [start, start + TILE]).filter((at) => at > 0 && at < SIDE);
  const distance = (at: number): number => Math.min(...borders.map((border) => Math.abs(at + 0.5 - border * SCALE)));
  const sums = { near: [0, 0], elsewhere: [0, 0] } as Record<'near' | 'elsewhere', [sum: number, count: number]>;
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const [row, column] = [Math.floor(i / 3 / a.width), Math.floor(i / 3) % a.width];
    const place = sums[Math.min(distance(row), distance(column)) < NEAR ? 'near' : 'elsewhere'];
    const difference = 127.5 * Math.abs(a.data[i]! - b.data[i]!);
    place[0] += difference;
    place[1] += 1;
    largest = Math.max(largest, difference);
  }
  return { near: sums.near[0] / sums.near[1], elsewhere: sums.elsewhere[0] / sums.elsewhere[1], largest };
}

it('whole and in tiles', async () => {
  const model = await loadModel({ weights: 'models/tiny-student.safetensors' });
  const { picture } = await decodeImage(goldenPath('images', 'astronaut_256.png'), read);
  const photo = crop(picture, { top: 40, left: 40, height: SIDE, width: SIDE });
  const restore = async (options: Partial<RestorerOptions>): Promise<Picture> => {
    const restorer = await createRestorer({ model, engine: { kind: 'eager' }, ...options });
    const restored = await restorer.restore(photo);
    restorer.dispose();
    return restored;
  };
  const whole = await restore({ tile: 0 });
  const [average, feather] = [
    differences(whole, await restore({ tile: TILE, overlap: OVERLAP })),
    differences(whole, await restore({ tile: TILE, overlap: OVERLAP, blend: 'feather' })),
  ];
  console.log('levels of 255:', { average, feather });
  // Group norms look at a whole tile, so that no pixel is quite the same; borders stand out with a plain average.
  expect(average.elsewhere).toBeLessThan(0.5);
  expect(average.near).toBeLessThan(1.5);
  expect(average.near).toBeGreaterThan(2 * average.elsewhere);
  expect(feather.near).toBeLessThan(0.6 * average.near);
});
