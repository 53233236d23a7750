/** @file Counted random numbers: published test vectors, dependence on the key alone, moments of the distributions. */
import { describe, expect, it } from 'vitest';
import { CountedRandom, philox4x32, type RandomKey } from '../../src/random/counted.js';

const KEY: RandomKey = { seed: 7, purpose: 'noise', iteration: 3, sample: 2 };

function draws(key: RandomKey, count: number): number[] {
  const random = new CountedRandom(key);
  return Array.from({ length: count }, () => random.uint32());
}

describe('philox4x32', () => {
  // kat_vectors of the Random123 distribution, philox 4x32 10 rounds.
  it.each([
    ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('counter %s, key %s', (counter, key, expected) => {
    const words = (text: string): Uint32Array => Uint32Array.from(text.split(' '), (word) => parseInt(word, 16));
    const out = new Uint32Array(4);
    philox4x32(words(counter), words(key), out);
    expect(out).toEqual(words(expected));
  });
});

describe('CountedRandom', () => {
  it('is a function of the key alone', () => {
    expect(draws(KEY, 100)).toEqual(draws({ ...KEY }, 100));
    for (const other of [
      { seed: 8 },
      { purpose: 'crop' },
      { iteration: 4 },
      { iteration: 3 + 2 ** 32 },
      { sample: 1 },
    ]) {
      expect(draws({ ...KEY, ...other }, 4)).not.toEqual(draws(KEY, 4));
    }
  });

  it('fills arrays with the same numbers as single draws', () => {
    const random = new CountedRandom(KEY);
    const single = Float32Array.from({ length: 101 }, () => random.normal());
    expect(new CountedRandom(KEY).fillNormal(new Float32Array(101))).toEqual(single);
  });

  it('draws standard normals', () => {
    const values = new CountedRandom(KEY).fillNormal(new Float32Array(1_000_000));
    const moment = (power: number): number => values.reduce((sum, v) => sum + v ** power, 0) / values.length;
    // Four standard errors of each moment.
    expect(Math.abs(moment(1))).toBeLessThan(4e-3);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2) * 1e-3);
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15) * 1e-3);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96) * 1e-3);
  });

  it('draws integers evenly and uniforms within bounds', () => {
    const random = new CountedRandom(KEY);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) counts[random.integer(10)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt(9_000));
    for (let i = 0; i < 1000; i++) {
      const value = random.uniform(-2, 5);
      expect(value >= -2 && value < 5).toBe(true);
    }
  });

  it.each([{ seed: -1 }, { seed: 2 ** 32 }, { iteration: 0.5 }, { sample: NaN }])('refuses %o', (bad) => {
    expect(() => new CountedRandom({ ...KEY, ...bad })).toThrow('random key');
  });
});
