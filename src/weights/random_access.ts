/** @file A file read by position, so that large weight files are never held whole. */
import { constants } from 'node:buffer';
import { open, stat as statOf } from 'node:fs/promises';
import { UserError } from '../errors/user_error.js';

/** Node reads at most 2 GiB at a time. */
const MAX_READ = 2 ** 30;

export interface RandomAccess {
  /** Bytes in the file. */
  readonly size: number;
  /** Exactly `length` bytes from `position` on; a UserError if the file ends before. */
  readonly read: (position: number, length: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a file for reading by position; the caller closes it.
 * @throws UserError if it cannot be opened or is no regular file.
 */
export async function openRandomAccess(file: string): Promise<RandomAccess> {
  const explain = (error: unknown): never => {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(code === 'ENOENT' ? 'the file does not exist' : message, { file }, { cause: error });
  };
  // Before it is opened: opening a pipe waits for its writer.
  const stat = await statOf(file).catch(explain);
  if (!stat.isFile()) throw new UserError('this is no file', { file });
  const handle = await open(file).catch(explain);
  return {
    size: stat.size,
    read: async (position, length) => {
      if (position + length > stat.size) {
        throw new UserError('the file is cut off', {
          file,
          expected: `at least ${position + length} bytes`,
          found: String(stat.size),
          remedy: 'Fetch or copy it again',
        });
      }
      if (length > constants.MAX_LENGTH) {
        throw new UserError('a part of the file is too large to be held at once', {
          file,
          expected: `at most ${constants.MAX_LENGTH} bytes`,
          found: String(length),
        });
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, MAX_READ), position + done);
        if (bytesRead === 0) throw new UserError('the file became shorter while being read', { file });
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Runs `use` with the opened file and closes it in any case. */
export async function withRandomAccess<T>(file: string, use: (access: RandomAccess) => Promise<T>): Promise<T> {
  const access = await openRandomAccess(file);
  try {
    return await use(access);
  } finally {
    await access.close();
  }
}
