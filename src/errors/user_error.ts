/** @file Errors that are the user's to mend: the command line prints them as one message and exits with code 2. */

/** What a {@link UserError} can tell besides its message. */
export interface UserErrorDetails {
  /** File the problem is in. */
  file?: string;
  /** Config key, tensor name or option the problem is in. */
  key?: string;
  expected?: string;
  found?: string;
  /** What to do about it, as an instruction. */
  remedy?: string;
}

/** A problem with the user's input. Anything else that is thrown is a bug of ours (stack trace, exit code 1). */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    message: string,
    readonly details: UserErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(UserError.compose(message, details), options);
  }

  private static compose(message: string, d: UserErrorDetails): string {
    const where = [d.file, d.key].filter(Boolean).join(': ');
    const parts = [where ? `${where}: ${message}` : message];
    if (d.expected !== undefined) parts.push(`expected ${d.expected}`);
    if (d.found !== undefined) parts.push(`found ${d.found}`);
    const line = parts.join('; ');
    return d.remedy ? `${line}. ${d.remedy}` : line;
  }
}
