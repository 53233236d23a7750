/** @file Evaluation: which images belong together: restored ones, their originals and inputs, by file name without ending. */
import path from 'node:path';
import { glob } from 'tinyglobby';
import { stat } from 'node:fs/promises';
import { UserError } from '../errors/user_error.js';
import { imageHeader } from '../restore/decode_image.js';
import { PICTURE_EXTENSIONS } from '../restore/file_formats.js';

/** Image files of a folder by name without ending, in the order of these names: that of partners is the same. */
export type ImageSet = ReadonlyMap<string, string>;

/** Most names that an error lists. */
const NAMED = 5;

/**
 * Lists the images of a folder (not of folders inside it).
 * @param key Option that names the folder, for errors.
 * @throws UserError if it does not exist, has no image, or two of one name.
 */
export async function imageSet(folder: string, key: string): Promise<ImageSet> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new UserError('no such folder', { file: folder, key });
  const names = await glob('*', { cwd: folder, expandDirectories: false });
  const pictures = names.filter((name) => PICTURE_EXTENSIONS.includes(path.extname(name).toLowerCase()));
  if (pictures.length === 0) {
    throw new UserError('the folder has no image', {
      file: folder,
      key,
      expected: `files named *${PICTURE_EXTENSIONS.join(', *')}`,
    });
  }
  const set = new Map<string, string>();
  for (const { name: stem, base: name } of pictures.map((picture) => path.parse(picture)).sort(byStem)) {
    const other = set.get(stem);
    if (other) {
      throw new UserError('two images of one name', {
        file: folder,
        key,
        found: `${path.basename(other)} and ${name}`,
      });
    }
    set.set(stem, path.join(folder, name));
  }
  return set;
}

/** By code units, so that the order is the same in every locale. */
const byStem = (a: path.ParsedPath, b: path.ParsedPath): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function listed(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/**
 * Sees to it that two sets have the same names.
 * @param what Of each set, for errors: its folder and option.
 * @throws UserError naming what is missing.
 */
export function requirePartners(set: ImageSet, other: ImageSet, what: { folder: string; other: string }): void {
  const missing = [...other.keys()].filter((name) => !set.has(name));
  const extra = [...set.keys()].filter((name) => !other.has(name));
  if (missing.length === 0 && extra.length === 0) return;
  const found = [
    ...(missing.length > 0 ? [`none for ${listed(missing)}`] : []),
    ...(extra.length > 0 ? [`${listed(extra)} without a partner`] : []),
  ];
  throw new UserError('the images do not pair by name', {
    file: what.folder,
    expected: `the names of ${what.other}, endings aside`,
    found: found.join('; '),
  });
}

/**
 * Sees to it that images are of one size, or of sizes in one ratio.
 * @param scale Sides of the originals / sides of these images.
 * @throws UserError naming the first image that does not fit, with both sizes.
 */
export async function requireSizes(set: ImageSet, originals: ImageSet, scale: number): Promise<void> {
  for (const [name, file] of set) {
    const original = originals.get(name)!;
    const [size, wanted] = [await imageHeader(file, { orient: true }), await imageHeader(original, { orient: true })];
    if (size.width * scale === wanted.width && size.height * scale === wanted.height) continue;
    throw new UserError('the sizes do not fit', {
      file,
      expected: `${wanted.width / scale}x${wanted.height / scale}, ${scale === 1 ? 'the size' : `a ${scale}th`} of ${original}`,
      found: `${size.width}x${size.height}`,
    });
  }
}
