/** @file Whether two files hold the same. */
import { readFile, stat } from 'node:fs/promises';

/**
 * True if both paths are one file, or two of equal content. Equal size and time of change are taken for equal content:
 * what is copied here keeps its time.
 * @returns undefined if there is no second file
 */
export async function isSameFile(file: string, other: string): Promise<boolean | undefined> {
  const there = await stat(other, { bigint: true }).catch(() => undefined);
  if (!there) return undefined;
  const here = await stat(file, { bigint: true });
  if (here.dev === there.dev && here.ino === there.ino) return true;
  if (here.size !== there.size) return false;
  if (here.mtimeNs === there.mtimeNs) return true;
  return (await readFile(file)).equals(await readFile(other));
}
