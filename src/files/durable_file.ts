/** @file Files and folders that are either wholly on the disk or not there at all. */
import { open, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from './atomic_file.js';

/** Waits until a file's bytes, or a folder's entries, have reached the disk. */
export async function flushToDisk(fileOrFolder: string): Promise<void> {
  const handle = await open(fileOrFolder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes every file of a folder (not of folders inside it), then the folder itself. */
export async function flushFolderToDisk(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await flushToDisk(path.join(folder, name));
  await flushToDisk(folder);
}

/** Renames within one file system and waits until the change of name has reached the disk. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await flushToDisk(path.dirname(to));
}

/**
 * Writes a file beside its final name, flushes it and renames it: a reader, or a machine that loses power, sees the old
 * content or the new, never a part.
 *
 * @throws the file system's error; the old content is then untouched and nothing is left behind.
 */
export async function writeFileDurably(file: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  await replaceFile(file, (write) => write(bytes), renameDurably);
}
