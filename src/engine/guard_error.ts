/** @file The error of a run that refused to update its state. */

/** A program's guard did not hold: the run updated nothing. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
}
