/** @file One line of the doctor's report. */

/** `missing` things are needed; `absent` ones only for some uses. */
export type CheckStatus = 'ok' | 'absent' | 'missing';

/** What was looked at, what was found, and what mends it. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly found: string;
  /** The command or deed that mends it. */
  readonly remedy?: string;
}

/** A check that passed. */
export function ok(name: string, found: string): Check {
  return { name, status: 'ok', found };
}

/** `found` when the list is not empty, otherwise absent with its remedy. */
export function optional(name: string, found: readonly string[], remedy: string): Check {
  return found.length > 0 ? ok(name, found.join(', ')) : { name, status: 'absent', found: 'none', remedy };
}
