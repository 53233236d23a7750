/** @file Writing a file piece by piece that appears under its name only when it is whole. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Appends bytes to the file being written. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>;

/**
 * Lets `produce` write under a temporary name beside `file`, flushes, then renames. A reader never sees half a file, and
 * nothing is left behind when something fails.
 * @param move Renames; by default without waiting for the disk.
 */
export async function replaceFile(
  file: string,
  produce: (write: WriteBytes) => Promise<void>,
  move: (from: string, to: string) => Promise<void> = rename,
): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await produce((bytes) => handle.writeFile(bytes));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await move(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** {@link replaceFile} in a folder that is made if it is missing. */
export async function writeAtomically(file: string, produce: (write: WriteBytes) => Promise<void>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, produce);
}
