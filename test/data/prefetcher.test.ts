/** @file Prefetching: ahead but bounded, in order, errors to whoever asks. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Prefetcher } from '../../src/data/prefetcher.js';

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

function recording() {
  const made: number[] = [];
  let running = 0;
  let most = 0;
  const producer = async (index: number) => {
    made.push(index);
    most = Math.max(most, ++running);
    await turn();
    running--;
    return index * 10;
  };
  return { made, producer, most: () => most };
}

it('makes the next results ahead, no further, one at a time', async () => {
  const { made, producer, most } = recording();
  const prefetcher = new Prefetcher([producer], 2);
  expect(await prefetcher.get(0)).toBe(0);
  await settle();
  expect(made).toEqual([0, 1, 2]);
  expect(await prefetcher.get(1)).toBe(10);
  await settle();
  expect(made).toEqual([0, 1, 2, 3]);
  expect(most()).toBe(1);
});

it('uses all producers at once', async () => {
  const { producer, most } = recording();
  const prefetcher = new Prefetcher([producer, producer, producer], 5);
  expect(await Promise.all([0, 1, 2, 3].map((i) => prefetcher.get(i)))).toEqual([0, 10, 20, 30]);
  expect(most()).toBe(3);
});

it('follows a jump at once, and still answers those who wait', async () => {
  const { made, producer } = recording();
  const prefetcher = new Prefetcher([producer], 3);
  const waiting = [prefetcher.get(0), prefetcher.get(100)];
  expect(await Promise.all(waiting)).toEqual([0, 1000]);
  expect(made.slice(0, 2)).toEqual([0, 100]);
  await settle();
  expect(made).toEqual([0, 100, 101, 102, 103]);
});

it('makes a result again when it is asked for again', async () => {
  const { made, producer } = recording();
  const prefetcher = new Prefetcher([producer], 0);
  expect([await prefetcher.get(4), await prefetcher.get(4)]).toEqual([40, 40]);
  expect(made).toEqual([4, 4]);
});

it('reports a failure to whoever asks for the index, and goes on', async () => {
  const producer = (index: number) => (index === 1 ? Promise.reject(new Error('one')) : Promise.resolve(index));
  const prefetcher = new Prefetcher([producer], 2);
  expect(await prefetcher.get(0)).toBe(0);
  await settle();
  await expect(prefetcher.get(1)).rejects.toThrow('one');
  expect(await prefetcher.get(2)).toBe(2);
});
