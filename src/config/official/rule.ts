/** @file What becomes of one key of an official file: a rule, what it reads, what it answers. */
import type { z } from 'zod';
import type { RunConfig } from '../schema.js';

/** Methods that official files configure. */
export type OfficialMethod = Extract<RunConfig['method'], 'rsd' | 'sinsr' | 'resshift'>;

/** What a rule may look at besides its own value. */
export interface Surroundings {
  readonly method: OfficialMethod;
  /** The value of another official key as it is written; undefined if it is not there. */
  value(key: string): unknown;
}

/** What became of a key. */
export type Outcome =
  /** Our keys with their values; `note` says what a reader could not guess. */
  | { readonly kind: 'mapped'; readonly set: Readonly<Record<string, unknown>>; readonly note?: string }
  /** Does not matter here. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** Matters, is not supported, and something else is done: what a training gives differs. */
  | { readonly kind: 'replaced'; readonly why: string; readonly set?: Readonly<Record<string, unknown>> }
  /** The file cannot be taken with this value. */
  | { readonly kind: 'refused'; readonly expected: string; readonly remedy?: string };

/** A rule for one official key, or for all keys below it. */
export interface Rule {
  /** Dotted, e.g. `train.ema_rate`. */
  readonly key: string;
  /** What becomes of it, for the docs: Markdown. */
  readonly page: string;
  /** Whether keys below it are meant too. */
  readonly subtree?: boolean;
  /** What the file means by leaving the key out: it may not; or this value; or (undefined) nothing. */
  readonly absent?: 'required' | { readonly value: unknown };
  /** Kind of value that `read` understands; unset if our own schema says it. */
  readonly kind?: z.ZodType;
  read(value: unknown, around: Surroundings): Outcome;
}

type Options = Pick<Rule, 'absent' | 'kind' | 'subtree'>;

/** The value is that of one of our keys. */
export function same(key: string, ours: string, options: Options = {}): Rule {
  return { key, page: `\`${ours}\``, ...options, read: (value) => ({ kind: 'mapped', set: { [ours]: value } }) };
}

/** The value does not matter here. */
export function ignored(key: string, why: string, options: Options = {}): Rule {
  return { key, page: `ignored: ${why}`, ...options, read: () => ({ kind: 'ignored', why }) };
}

/** One value alone is supported; it needs no key of ours. */
export function only(key: string, supported: string | number | boolean, why: string, options: Options = {}): Rule {
  const expected = JSON.stringify(supported);
  return {
    key,
    page: `${why}; anything but \`${expected}\` is an error`,
    ...options,
    // Null is how the files leave something out or off.
    read: (value) =>
      value === supported || (value === null && !supported) ? { kind: 'ignored', why } : { kind: 'refused', expected },
  };
}

/** Anything that needs more than its own value, or sets several of our keys. */
export function derived<T>(
  key: string,
  page: string,
  kind: z.ZodType<T>,
  read: (value: T, around: Surroundings) => Outcome,
  options: Omit<Options, 'kind'> = {},
): Rule {
  // `kind` has checked the value before `read` gets it.
  return { key, page, kind, ...options, read: (value, around) => read(value as T, around) };
}

/** Shorthand for a mapping with an explanation. */
export function mapped(set: Readonly<Record<string, unknown>>, note?: string): Outcome {
  return note === undefined ? { kind: 'mapped', set } : { kind: 'mapped', set, note };
}
