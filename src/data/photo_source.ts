/** @file Which photos there are: folders, single files and text lists become one sorted list of files. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';

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

const LIST_EXTENSION = '.txt';

function isPhoto(name: string): boolean {
  return PHOTO_EXTENSIONS.has(extname(name).toLowerCase());
}

/** By code units, so that the order is the same in every locale. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function photosInFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && isPhoto(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Lines of a text list; relative ones are relative to the list's own folder. */
async function photosInList(list: string): Promise<string[]> {
  const lines = (await readFile(list, 'utf8')).split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => resolve(dirname(list), line));
}

async function photosAt(path: string, key: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new UserError('no such file or folder', { file: path, key, remedy: `Correct ${key} in the run file.` });
  const photos = found.isDirectory()
    ? await photosInFolder(path)
    : extname(path).toLowerCase() === LIST_EXTENSION
      ? await photosInList(path)
      : [path];
  if (photos.length === 0) {
    throw new UserError('holds no photos', { file: path, key, expected: [...PHOTO_EXTENSIONS].join(' ') });
  }
  return photos;
}

/**
 * Lists photos; nothing is opened but folders and text lists. Links to folders inside a folder are not followed.
 * @param paths folders (searched recursively), image files, or `.txt` lists of files
 * @param key config key the paths come from, for errors
 * @returns paths without duplicates, sorted by code units
 * @throws UserError if a path does not exist or holds no photos
 */
export async function listPhotos(paths: string | readonly string[], key: string): Promise<string[]> {
  const lists = await Promise.all([paths].flat().map((path) => photosAt(path, key)));
  return [...new Set(lists.flat())].sort(byName);
}
