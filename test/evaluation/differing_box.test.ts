/** @file The box that is shown is the one in which versions differ most. */
import { expect, it } from 'vitest';
import { differingBox } from '../../src/evaluation/differing_box.js';
import type { Rgb8 } from '../../src/images/pixels.js';

function withSpot(height: number, width: number, top: number, left: number): [Rgb8, Rgb8] {
  const plain = { height, width, data: new Uint8Array(height * width * 3).fill(100) };
  const data = plain.data.slice();
  for (let y = top; y < top + 4; y++) data.fill(200, (y * width + left) * 3, (y * width + left + 4) * 3);
  return [plain, { height, width, data }];
}

it.each([
  [0, 0],
  [40, 60],
  [17, 33],
])('finds a spot at row %i, column %i', (top, left) => {
  const box = differingBox(withSpot(64, 96, top, left), 16, 4);
  expect(box).toMatchObject({ height: 16, width: 16 });
  expect([box.top % 4, box.left % 4]).toEqual([0, 0]);
  expect(box.top).toBeLessThanOrEqual(top);
  expect(box.left).toBeLessThanOrEqual(left);
  expect(box.top + 16).toBeGreaterThanOrEqual(top + 4);
  expect(box.left + 16).toBeGreaterThanOrEqual(left + 4);
});

it('is as large as a small image allows, in whole pixels of the LR image', () => {
  expect(differingBox(withSpot(10, 30, 0, 0), 16, 4)).toEqual({ top: 0, left: 0, height: 8, width: 16 });
});
