/**
 * @file Counter-based random numbers: every draw is a pure function of (seed, purpose, iteration, sample, index).
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Nothing is carried from one
 * iteration to the next, so a resumed run, another order of workers or another backend meets the same numbers.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const TWO_POW_32 = 2 ** 32;

/** High 32 bits of the unsigned product. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Every partial sum stays below 2^53: exact in float64.
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/** Philox4x32-10: encrypts `counter` (4 words) under `key` (2 words) into `out` (4 words); all unsigned 32-bit. */
export function philox4x32(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  let k0 = key[0]!;
  let k1 = key[1]!;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** FNV-1a of the text's UTF-8 bytes, unsigned 32-bit. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** What a stream of draws is named by. */
export interface RandomKey {
  /** Seed of the run: integer in [0, 2^32). */
  readonly seed: number;
  /** What the draws are for, e.g. `crop` or `noise_t`: streams of different purposes are independent. */
  readonly purpose: string;
  /** Integer in [0, 2^53); 0 by default. */
  readonly iteration?: number;
  /** Index in the batch (or image, tile, ...): integer in [0, 2^32); 0 by default. */
  readonly sample?: number;
}

function requireInteger(name: string, value: number, limit: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= limit) {
    throw new Error(`random key: ${name} must be an integer in [0, ${limit}), found ${value}`);
  }
  return value;
}

/** A stream of draws; two streams of equal keys give equal draws in the same order. */
export class CountedRandom {
  private readonly key = new Uint32Array(2);
  private readonly counter = new Uint32Array(4);
  private readonly block = new Uint32Array(4);
  private used = 4;
  private spare: number | undefined;

  constructor({ seed, purpose, iteration = 0, sample = 0 }: RandomKey) {
    this.key[0] = requireInteger('seed', seed, TWO_POW_32);
    this.key[1] = fnv1a(purpose);
    this.counter[1] = requireInteger('sample', sample, TWO_POW_32);
    this.counter[2] = requireInteger('iteration', iteration, 2 ** 53) % TWO_POW_32;
    this.counter[3] = Math.floor(iteration / TWO_POW_32);
  }

  /** Integer in [0, 2^32). */
  uint32(): number {
    if (this.used === 4) {
      philox4x32(this.counter, this.key, this.block);
      this.counter[0]!++;
      this.used = 0;
    }
    return this.block[this.used++]!;
  }

  /** Number in [low, high), in steps of (high - low) / 2^32. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / TWO_POW_32);
  }

  /** Integer in [0, n), one 32-bit draw (bias below n / 2^32). */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_POW_32)
      throw new Error(`integer(n): n must be in [1, 2^32], found ${n}`);
    return Math.floor((this.uint32() / TWO_POW_32) * n);
  }

  /** Standard normal by Box-Muller: two 32-bit draws make two normals, the second is kept for the next call. */
  normal(): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return value;
    }
    // The half step keeps the argument of the logarithm off zero.
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 0.5) / TWO_POW_32));
    const angle = 2 * Math.PI * (this.uint32() / TWO_POW_32);
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Fills the array with standard normals, the same as calling {@link normal} once per element; returns it. */
  fillNormal(out: Float32Array): Float32Array {
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
    return out;
  }
}
