/** @file Where tests find the golden reference data. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const SUBSET = resolve(REPOSITORY, 'test/golden');

/**
 * The golden set: `RSD_GOLDEN`, else `../shared/golden` beside the repository, else the subset that comes with it. Only one
 * of them, since sets may differ in seeds and configs.
 */
const GOLDEN = goldenFolder(process.env['RSD_GOLDEN']);

function goldenFolder(named: string | undefined): string {
  const folder = resolve(REPOSITORY, named ?? '../shared/golden');
  if (existsSync(folder)) return folder;
  if (named !== undefined) throw new Error(`RSD_GOLDEN: there is no folder ${folder}`);
  return SUBSET;
}

/** Whether the golden set has this file; the subset lacks the large ones. */
export function hasGolden(...parts: string[]): boolean {
  return existsSync(resolve(GOLDEN, ...parts));
}

const NEEDS_FULL_SET = '(skipped without the full golden set: set RSD_GOLDEN)';

/** The title of a test that reads this file, with the reason for its skipping if the golden set lacks it. */
export function goldenTitle(title: string, ...parts: string[]): string {
  return hasGolden(...parts) ? title : `${title} ${NEEDS_FULL_SET}`;
}

/**
 * Path of a golden file or folder.
 * @throws Error if the set does not have it.
 */
export function goldenPath(...parts: string[]): string {
  const file = resolve(GOLDEN, ...parts);
  if (!existsSync(file)) throw new Error(`golden data ${parts.join('/')} is not in ${GOLDEN}`);
  return file;
}
