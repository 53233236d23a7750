/** @file The golden set's tolerance for simulated JPEG: a coefficient on the edge between two levels moves its whole block. */
import { expect } from 'vitest';

const TOLERANCE = 1e-3;
/** Share of the values that may lie outside. */
const SHARE = 0.002;

/**
 * Requires values to agree within the tolerance, but for a small share.
 * @param tolerance 1e-3, or less where images are rounded to 8 bit and equal but for a few levels
 */
export function requireJpegTolerance(found: Float32Array, expected: Float32Array, tolerance = TOLERANCE): void {
  expect(found.length).toBe(expected.length);
  const outside = found.reduce((count, v, i) => count + (Math.abs(v - expected[i]!) <= tolerance ? 0 : 1), 0);
  expect(outside / found.length).toBeLessThanOrEqual(SHARE);
}
