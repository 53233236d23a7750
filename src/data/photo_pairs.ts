/** @file Which LQ photo belongs to which HR photo: the one of the same name, apart from its ending. */
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../errors/user_error.js';
import type { FileTable } from './file_table.js';

/** Where the two sides of pairs are: what the run file names, and the photos found there. */
export interface PairSide {
  readonly paths: string | readonly string[];
  /** Config key of the paths, for errors. */
  readonly key: string;
  readonly photos: FileTable;
}

/** Missing partners that an error names. */
const NAMED = 3;

/** A file's name below the source that holds it, without ending: `Canon/001`. */
function pairName(file: string, roots: readonly string[]): string {
  const root = roots.find((folder) => file.startsWith(folder + sep)) ?? dirname(file);
  const name = relative(root, file);
  return join(dirname(name), basename(name, extname(name)));
}

const rootsOf = (paths: PairSide['paths']): string[] => [paths].flat().map((path) => resolve(path));

/**
 * Finds the partner of every HR photo.
 * @returns LQ photos in the order of the HR photos
 * @throws UserError if an HR photo has no partner, or two LQ photos have one name; it names the files
 */
export function pairPhotos(hr: PairSide, lq: PairSide): FileTable {
  const lqRoots = rootsOf(lq.paths);
  const places = new Map<string, number>();
  for (let i = 0; i < lq.photos.length; i++) {
    const name = pairName(lq.photos.at(i), lqRoots);
    const other = places.get(name);
    if (other !== undefined) {
      const found = `${lq.photos.at(other)} and ${lq.photos.at(i)}`;
      throw new UserError('two LQ photos have one name', { key: lq.key, expected: `one ${name}`, found });
    }
    places.set(name, i);
  }
  const hrRoots = rootsOf(hr.paths);
  const partners = Array.from(hr.photos, (file) => places.get(pairName(file, hrRoots)));
  const alone = [...partners.keys()].filter((i) => partners[i] === undefined);
  if (alone.length > 0) refuseAlone(hr, lq, alone);
  return lq.photos.pick(partners as number[]);
}

function refuseAlone(hr: PairSide, lq: PairSide, alone: readonly number[]): never {
  const first = hr.photos.at(alone[0]!);
  const named = alone.slice(0, NAMED).map((i) => hr.photos.at(i));
  const more = alone.length > NAMED ? ` and ${alone.length - NAMED} more` : '';
  throw new UserError(`${alone.length} of ${hr.photos.length} HR photos have no LQ photo of their name`, {
    key: lq.key,
    expected: `${pairName(first, rootsOf(hr.paths))}.* in ${[lq.paths].flat().join(', ')}`,
    found: `none for ${named.join(', ')}${more}`,
    remedy: 'rsd-data prepare gives downloaded pairs equal names',
  });
}
