/** @file Data order: every photo once a pass, another order each pass, nothing carried. */
import { expect, it } from 'vitest';
import { DataOrder, shuffledIndices } from '../../src/data/order.js';

it('holds every photo once a pass, in an order of its own for each seed and pass', () => {
  const passes = [0, 1, 2].map((epoch) => [...shuffledIndices(3, epoch, 50)]);
  for (const pass of passes) expect([...pass].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(new Set([...passes, [...shuffledIndices(4, 0, 50)]].map(String)).size).toBe(4);
});

it('is uniform: each photo comes first about equally often', () => {
  const counts = new Array<number>(5).fill(0);
  for (let epoch = 0; epoch < 1000; epoch++) counts[shuffledIndices(1, epoch, 5)[0]!]!++;
  // Standard deviation of a count is 12.6.
  for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(60);
});

it('does not depend on what was asked for before', () => {
  const forward = new DataOrder(7, 6);
  const sequence = Array.from({ length: 30 }, (_, p) => forward.photoAt(p));
  const jumping = new DataOrder(7, 6);
  for (const p of [29, 0, 17, 3, 28, 12]) expect(jumping.photoAt(p)).toBe(sequence[p]);
});

it('names stand-ins within the pass, going round', () => {
  const order = new DataOrder(7, 6);
  const pass = [6, 7, 8, 9, 10, 11].map((p) => order.photoAt(p));
  expect([0, 1, 2, 3, 4, 5].map((skip) => order.photoAt(10, skip))).toEqual([...pass.slice(4), ...pass.slice(0, 4)]);
});
