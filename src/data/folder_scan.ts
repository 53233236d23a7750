/** @file What is in a tree of folders, reading again only those that changed since the last time. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors/user_error.js';
import { concurrentMap } from './concurrent_map.js';

/** Folders read at a time. */
const CONCURRENT_FOLDERS = 8;
/** A folder changed so lately may change again within one tick of the file system's clock: its time proves nothing. */
const UNSETTLED_MS = 2000;

/** One folder of a tree. */
export interface ScannedFolder {
  readonly path: string;
  /** Time of its last change, ms: adding, removing and renaming files moves it. 0 if too fresh to be relied on. */
  readonly changed: number;
  /** Names of the folders in it. */
  readonly folders: readonly string[];
  /** Names of the files that were asked for. */
  readonly files: readonly string[];
}

/** What to look for, and what is known already. */
export interface ScanOptions {
  readonly wanted: (name: string) => boolean;
  /** Result of an earlier scan by path. */
  readonly known: ReadonlyMap<string, ScannedFolder>;
  /** Called now and then with the number of further files found. */
  readonly onFound: (files: number) => void;
}

/**
 * Goes through a tree. A folder whose time of change is the known one is not read, only those below it are looked at.
 * Links to files are taken for files, links to folders are not followed.
 * @param root an existing folder
 * @returns its folders in no particular order; entries of `known` are returned themselves
 * @throws UserError if a folder cannot be read
 */
export async function scanFolders(root: string, options: ScanOptions): Promise<ScannedFolder[]> {
  const found: ScannedFolder[] = [];
  for (let level = [root]; level.length > 0;) {
    const scanned = await concurrentMap(level, CONCURRENT_FOLDERS, (path) => scanFolder(path, options));
    found.push(...scanned);
    level = scanned.flatMap(({ path, folders }) => folders.map((name) => join(path, name)));
  }
  return found;
}

async function scanFolder(path: string, { wanted, known, onFound }: ScanOptions): Promise<ScannedFolder> {
  const earlier = known.get(path);
  const now = Date.now();
  const { mtimeMs } = await stat(path);
  const scanned = earlier?.changed === mtimeMs ? earlier : await readFolder(path, mtimeMs, now, wanted);
  onFound(scanned.files.length);
  return scanned;
}

async function readFolder(
  path: string,
  mtimeMs: number,
  now: number,
  wanted: (name: string) => boolean,
): Promise<ScannedFolder> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw new UserError('the folder cannot be read', { file: path, found: (error as Error).message }, { cause: error });
  });
  const isFile = (entry: Dirent): boolean => entry.isFile() || entry.isSymbolicLink();
  return {
    path,
    changed: now - mtimeMs > UNSETTLED_MS ? mtimeMs : 0,
    folders: entries.filter((entry) => entry.isDirectory()).map(({ name }) => name),
    files: entries.filter((entry) => isFile(entry) && wanted(entry.name)).map(({ name }) => name),
  };
}
