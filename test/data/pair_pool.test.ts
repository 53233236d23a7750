/** @file The pool of pairs: what goes in comes out once, in random order, and the same after a restore. */
import { expect, it } from 'vitest';
import { runSchema } from '../../src/config/schema.js';
import { PairPool, poolSize } from '../../src/data/pair_pool.js';

const options = { seed: 3, size: 8, batch: 2, hrSide: 2, lqSide: 1 };

/** Two pairs whose every value is the pair's number. */
function pairs(index: number): { hr: Float32Array; lq: Float32Array } {
  const numbers = (length: number) => Float32Array.from({ length }, (_, i) => 2 * index + Math.floor((2 * i) / length));
  return { hr: numbers(2 * 12), lq: numbers(2 * 3) };
}

/** The numbers of a batch's pairs, after checking that HR and LQ belong together. */
function numbersOf({ hr, lq }: { hr: Float32Array; lq: Float32Array }): number[] {
  expect(Array.from(hr, (v, i) => v === lq[Math.floor(i / 4)]).every(Boolean)).toBe(true);
  return [lq[0]!, lq[3]!];
}

it('passes batches on while it fills, then gives random earlier pairs, each once', () => {
  const pool = new PairPool(options);
  const given: number[] = [];
  for (let index = 0; index < 100; index++) {
    const out = numbersOf(pool.exchange(index, pairs(index)));
    if (index < 4) expect(out).toEqual([2 * index, 2 * index + 1]);
    else given.push(...out);
    // A pair comes out of the batches before, never out of its own.
    if (index >= 4) expect(Math.max(...out)).toBeLessThan(2 * index);
  }
  const kept = Array.from(pool.state().get('lq')!.data, (v, i) => (i % 3 === 0 ? v : -1)).filter((v) => v >= 0);
  expect([...given, ...kept].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

it('takes every place equally often', () => {
  const pool = new PairPool(options);
  const waits: number[] = [];
  for (let index = 0; index < 2004; index++) {
    const out = numbersOf(pool.exchange(index, pairs(index)));
    if (index >= 100) waits.push(...out.map((number) => index - Math.floor(number / 2)));
  }
  // A pair leaves with probability 2/8 at each batch: it waits 4 batches in the mean, one with that probability.
  expect(waits.reduce((a, b) => a + b) / waits.length).toBeCloseTo(4, 0);
  expect(waits.filter((wait) => wait === 1).length / waits.length).toBeCloseTo(1 / 4, 1);
});

it.each([2, 5])('goes on from its state after %i batches as if nothing had been', (stop) => {
  const straight = new PairPool(options);
  const broken = new PairPool(options);
  for (let index = 0; index < stop; index++) {
    straight.exchange(index, pairs(index));
    broken.exchange(index, pairs(index));
  }
  const resumed = new PairPool(options);
  resumed.restore(new Map([...broken.state()].map(([name, t]) => [name, { ...t, data: t.data.slice() }])), broken.next);
  for (let index = stop; index < 20; index++) {
    expect(resumed.exchange(index, pairs(index))).toEqual(straight.exchange(index, pairs(index)));
  }
});

it('leaves the batch alone that it was given', () => {
  const pool = new PairPool(options);
  for (let index = 0; index < 6; index++) {
    const batch = pairs(index);
    pool.exchange(index, batch);
    expect(batch).toEqual(pairs(index));
  }
});

it('refuses a batch whose turn it is not', () => {
  const pool = new PairPool(options);
  pool.exchange(0, pairs(0));
  expect(() => pool.exchange(2, pairs(2))).toThrow(/batch 2 comes to the pool in the place of 1/);
});

it('has ten batches where a batch shares draws, unless configured', () => {
  const size = (data: object) => poolSize(runSchema.parse({ data }).data, 4);
  expect(size({ degradation: { kind: 'realesrgan' } })).toBe(40);
  expect(size({ degradation: { kind: 'bicubic' } })).toBe(0);
  expect(size({ degradation: { kind: 'bicubic' }, pool: 8 })).toBe(8);
  expect(size({ degradation: { kind: 'realesrgan' }, pool: 0 })).toBe(0);
  expect(size({ degradation: { kind: 'realesrgan' }, lq: 'photos/lq' })).toBe(0);
});
