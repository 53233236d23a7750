/** @file The frame around every command line program: exit codes, messages, closed pipes. */
import { UserError } from '../errors/user_error.js';

/** A program: gets its arguments, answers its exit code. */
export type Main = (argv: string[]) => Promise<number>;

const EXIT_BUG = 1;
const EXIT_USER_ERROR = 2;

/** Leaves quietly when the reader of our output has gone (`rsd-train | head`): that is no error. */
function exitOnClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

/**
 * Runs a program and sets the process's exit code: what `main` answers; 2 after a {@link UserError}, told in one line;
 * 1 after anything else that is thrown, which is a bug and shown with its stack.
 *
 * The process ends by itself once its output is written; nothing is cut off.
 */
export async function runMain(main: Main, argv: string[]): Promise<void> {
  exitOnClosedPipe(process.stdout);
  exitOnClosedPipe(process.stderr);
  try {
    process.exitCode = await main(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof UserError) {
    process.stderr.write(`error: ${error.message}\n`);
    return EXIT_USER_ERROR;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT_BUG;
}
