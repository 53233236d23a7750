/** @file Which photos there are: folders, single files and text lists become one sorted list of files. */
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { UserError } from '../errors/user_error.js';
import { FileTable } from './file_table.js';
import { scanFolders, type ScannedFolder } from './folder_scan.js';
import { LIST_EXTENSION, readPhotoList, type PhotoList } from './photo_list.js';

/** File name endings that are taken for photos, in any case. */
export const PHOTO_EXTENSIONS: ReadonlySet<string> = new Set([
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.tif',
  '.tiff',
  '.avif',
]);

/** Whether a file is a photo by its name. */
export function isPhoto(name: string): boolean {
  return PHOTO_EXTENSIONS.has(extname(name).toLowerCase());
}

/** What looking at the sources gave: enough to look again at what changed only. */
export interface SourceScan {
  readonly folders: readonly ScannedFolder[];
  readonly lists: readonly PhotoList[];
  /** Photos that were named themselves. */
  readonly files: readonly string[];
}

/** Looking at sources: what an earlier time gave, and who wants to know how it goes. */
export interface SourceOptions {
  readonly known?: SourceScan;
  /** Called now and then with the number of further photos found. */
  readonly onFound?: (photos: number) => void;
}

const NOTHING: SourceScan = { folders: [], lists: [], files: [] };

/**
 * Looks at sources; nothing is opened but folders and text lists. Links to folders inside a folder are not followed.
 * @param paths folders (searched recursively), image files, or `.txt` lists of files
 * @param key config key the paths come from, for errors
 * @throws UserError if a path does not exist or holds no photos, or a list names a file that does not exist
 */
export async function scanSources(
  paths: string | readonly string[],
  key: string,
  { known = NOTHING, onFound = () => undefined }: SourceOptions = {},
): Promise<SourceScan> {
  const knownFolders = new Map(known.folders.map((folder) => [folder.path, folder]));
  const scanOne = async (path: string): Promise<SourceScan> => {
    const found = await stat(path).catch(() => undefined);
    if (!found)
      throw new UserError('no such file or folder', { file: path, key, remedy: `Correct ${key} in the run file.` });
    const absolute = resolve(path);
    if (found.isDirectory()) {
      const folders = await scanFolders(absolute, { wanted: isPhoto, known: knownFolders, onFound });
      return { ...NOTHING, folders };
    }
    if (extname(path).toLowerCase() !== LIST_EXTENSION) return { ...NOTHING, files: [absolute] };
    const earlier = known.lists.find((list) => list.path === absolute);
    const list = await readPhotoList(absolute, key, earlier);
    onFound(list.files.length);
    return { ...NOTHING, lists: [list] };
  };
  const scans: SourceScan[] = [];
  for (const path of [paths].flat()) {
    const scan = await scanOne(path);
    if (photosOf(scan) === 0) {
      throw new UserError('holds no photos', { file: path, key, expected: [...PHOTO_EXTENSIONS].join(' ') });
    }
    scans.push(scan);
  }
  return {
    folders: scans.flatMap(({ folders }) => folders),
    lists: scans.flatMap(({ lists }) => lists),
    files: scans.flatMap(({ files }) => files),
  };
}

/** Photos of a scan; ones that several sources name count as often. */
export function photosOf({ folders, lists, files }: SourceScan): number {
  return [...folders, ...lists].reduce((sum, part) => sum + part.files.length, files.length);
}

/** By code units, so that the order is the same in every locale. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The photos of a scan without duplicates: sorted by folder, within a folder by name, both by code units. That is the order
 * that batches are drawn from.
 */
export function sortedPhotos({ folders, lists, files }: SourceScan): FileTable {
  const byFolder = new Map<string, Set<string>>();
  const namesIn = (folder: string): Set<string> => {
    const names = byFolder.get(folder) ?? new Set();
    byFolder.set(folder, names);
    return names;
  };
  for (const folder of folders) {
    if (folder.files.length === 0) continue;
    const names = namesIn(folder.path);
    for (const name of folder.files) names.add(name);
  }
  for (const file of [...lists.flatMap((list) => list.files), ...files]) namesIn(dirname(file)).add(basename(file));
  const sorted = [...byFolder].sort(([a], [b]) => byCodeUnits(a, b));
  return FileTable.of(sorted.map(([folder, names]) => ({ folder, names: [...names].sort(byCodeUnits) })));
}

/**
 * Lists photos, for sets that are small enough for an array.
 * @returns absolute paths in the order of {@link sortedPhotos}
 * @throws UserError as {@link scanSources}
 */
export async function listPhotos(paths: string | readonly string[], key: string): Promise<string[]> {
  return [...sortedPhotos(await scanSources(paths, key))];
}
