/** @file Evaluation: what images of an output folder were restored with, so that results of two settings never mix. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors/user_error.js';
import { writeFileDurably } from '../files/durable_file.js';

/** Settings by name; what differs is told by these names. */
export type RestorationRecord = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Compares with what an earlier evaluation restored with, and writes it down.
 * @param file JSON; need not exist.
 * @param renew Whether everything is restored again, so that the old settings do not matter.
 * @throws UserError naming what differs.
 */
export async function recordRestoration(file: string, now: RestorationRecord, renew: boolean): Promise<void> {
  const text = renew ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    const before = JSON.parse(text) as RestorationRecord;
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    const changed = keys.filter((key) => before[key] !== now[key]);
    if (changed.length > 0) {
      const list = changed.map((key) => `${key} was ${before[key] ?? 'not set'}, is ${now[key] ?? 'not set'}`);
      throw new UserError('the images there were restored otherwise', {
        file,
        found: list.join('; '),
        remedy: 'Restore them again with --overwrite, or choose another --output',
      });
    }
  }
  await writeFileDurably(file, `${JSON.stringify(now, null, 1)}\n`);
}
