/** @file Errors about keys of a run file. */
import { UserError } from '../errors/user_error.js';

/** Throws a {@link UserError} about the run file's `key`. */
export type Fail = (
  key: string,
  message: string,
  details?: { expected?: string; found?: string; remedy?: string },
) => never;

/** A run file as errors name it. */
export interface NamedRun {
  readonly file: string;
  /** A key of ours as the user knows it: in an official file, by its name there. */
  readonly nameOf?: (key: string) => string;
}

/** {@link Fail} for a run file. */
export function failIn({ file, nameOf = (key) => key }: NamedRun): Fail {
  return (key, message, details = {}) => {
    throw new UserError(message, { file, key: nameOf(key), ...details });
  };
}
