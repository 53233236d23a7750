/** @file Text lists of photos: one file a line. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors/user_error.js';
import { concurrentMap } from './concurrent_map.js';

/** Ending of text lists, in any case. */
export const LIST_EXTENSION = '.txt';

const CONCURRENT_CHECKS = 16;
/** Missing entries that an error names. */
const NAMED = 5;

/** A list that was read, and by what a change of it shows. */
export interface PhotoList {
  readonly path: string;
  readonly changed: number;
  readonly size: number;
  /** Absolute paths, in the list's order. */
  readonly files: readonly string[];
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/**
 * Reads a list. Empty lines and white space around names do not count; relative names are looked up beside the list, then
 * in the working directory.
 * @param known what an earlier reading gave: answered if the list has not changed since
 * @param key config key the list comes from, for errors
 * @throws UserError naming entries that are no files, with their lines
 */
export async function readPhotoList(path: string, key: string, known?: PhotoList): Promise<PhotoList> {
  const { mtimeMs: changed, size } = await stat(path);
  if (known?.changed === changed && known.size === size) return known;
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim());
  const entries = lines.flatMap((name, i) => (name === '' ? [] : [{ name, line: i + 1 }]));
  const files = await concurrentMap(entries, CONCURRENT_CHECKS, async ({ name }) => {
    const beside = resolve(dirname(path), name);
    if (await isFile(beside)) return beside;
    const here = resolve(name);
    return here !== beside && (await isFile(here)) ? here : undefined;
  });
  const missing = entries.filter((_, i) => files[i] === undefined);
  if (missing.length > 0) refuseMissing(path, key, missing);
  return { path, changed, size, files: files as string[] };
}

function refuseMissing(file: string, key: string, missing: readonly { name: string; line: number }[]): never {
  const named = missing.slice(0, NAMED).map(({ name, line }) => `${name} (line ${line})`);
  const more = missing.length > NAMED ? [`and ${missing.length - NAMED} more`] : [];
  throw new UserError('the list names files that are not there', {
    file,
    key,
    found: [...named, ...more].join(', '),
    remedy: 'Relative names are looked up beside the list, then in the working directory',
  });
}
