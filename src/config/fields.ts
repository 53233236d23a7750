/** @file The kinds of value a run file may hold: counts, weights, ranges, paths. */
import { z } from 'zod';

/** Whole number of at least one. */
export const count = z.int().min(1);

/** Whole number of at least zero. */
export const countOrZero = z.int().min(0);

/** Finite number greater than zero: learning rates, widths, noise levels. */
export const positive = z.number().positive();

/** Finite number of at least zero: weights of loss terms (0 switches the term off). */
export const weight = z.number().min(0);

/** Probability or share, ends included. */
export const share = z.number().min(0).max(1);

/** A file or folder; the mark `format` is how `paths.ts` finds these keys. */
export const path = z.string().min(1).meta({ format: 'path' });

/** One file or folder, or several. */
export const paths = z.union([path, z.array(path).min(1)]);

/**
 * Closed interval `[lo, hi]` that a number is drawn from uniformly.
 * @param min least allowed `lo`
 * @param max greatest allowed `hi`
 */
export function interval(min: number, max: number) {
  const bound = z.number().min(min).max(max);
  return z
    .tuple([bound, bound])
    .refine(([lo, hi]) => lo <= hi, { error: 'the first bound is greater than the second' });
}
