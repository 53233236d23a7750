/** @file Where tests find the golden reference data. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const FOLDERS = [
  ...(process.env['RSD_GOLDEN'] ? [resolve(process.env['RSD_GOLDEN'])] : []),
  resolve(REPOSITORY, '../shared/golden'),
  resolve(REPOSITORY, 'test/golden'),
];

/**
 * Path of a golden file or folder: `RSD_GOLDEN` first, then `../shared/golden` beside the repository, then `test/golden`.
 * @throws Error if none of them has it.
 */
export function goldenPath(...parts: string[]): string {
  const found = FOLDERS.map((folder) => resolve(folder, ...parts)).find(existsSync);
  if (!found) throw new Error(`golden data ${parts.join('/')} is in none of ${FOLDERS.join(', ')}`);
  return found;
}
