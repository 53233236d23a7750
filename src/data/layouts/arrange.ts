/** @file Puts a downloaded dataset where run files look for it: links or copies, nothing is moved, changed or deleted. */
import { constants, copyFile, link, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { UserError } from '../../errors/user_error.js';
import { concurrentMap } from '../concurrent_map.js';
import { scanFolders } from '../folder_scan.js';
import type { Layout, Placement } from './layout.js';
import { isSameFile } from './same_file.js';

const CONCURRENT_FILES = 8;
/** Conflicting files that an error names. */
const NAMED = 3;

/** A file still to be put in its place. */
interface Step {
  readonly from: string;
  readonly to: string;
}

/** What has to be done for a dataset. */
export interface Plan {
  /** Every file of the dataset that was found, once, sorted by part and name. */
  readonly found: readonly Placement[];
  /** Files still to be put in their place. */
  readonly steps: readonly Step[];
  /** Archives found: perhaps the dataset, not unpacked yet. */
  readonly archives: readonly string[];
}

/** Where things are. */
export interface ArrangeOptions {
  /** Existing folder that is searched with all below it. */
  readonly from: string;
  /** Folder of all data; need not exist. */
  readonly to: string;
  /** Called now and then with a line about what is going on. */
  readonly log?: (line: string) => void;
}

const isArchive = (name: string): boolean => /\.(zip|tar|tar\.gz|tgz|7z|rar)$/i.test(name);

async function filesBelow(root: string): Promise<string[]> {
  const known = new Map();
  const folders = await scanFolders(root, { known, wanted: () => true, onFound: () => undefined });
  return folders
    .flatMap(({ path, files }) => files.map((name) => relative(root, join(path, name)).split(sep).join('/')))
    .sort();
}

const placeKey = ({ part, name }: Placement): string => `${part}/${name}`;

/** Drops files that are found twice. @throws UserError if they differ */
async function withoutDoubles(root: string, placements: readonly Placement[]): Promise<Placement[]> {
  const kept = new Map<string, Placement>();
  for (const placement of placements) {
    const other = kept.get(placeKey(placement));
    if (other && !(await isSameFile(join(root, other.from), join(root, placement.from)))) {
      throw new UserError('two different files would go to one place', {
        file: placeKey(placement).replace(/^\//, ''),
        found: `${join(root, other.from)} and ${join(root, placement.from)}`,
        remedy: 'Name the folder of one of the two downloads with --from',
      });
    }
    if (!other) kept.set(placeKey(placement), placement);
  }
  return [...kept.values()].sort((a, b) => (placeKey(a) < placeKey(b) ? -1 : 1));
}

/**
 * Looks what there is of a dataset and what is in its place already. Nothing is written.
 * @throws UserError if the folder does not exist, or a file of the dataset would replace a different one
 */
export async function planLayout(layout: Layout, { from, to }: ArrangeOptions): Promise<Plan> {
  if (!(await stat(from).catch(() => undefined))?.isDirectory()) {
    throw new UserError('no such folder', { file: from, key: '--from' });
  }
  const files = await filesBelow(from);
  const found = await withoutDoubles(from, layout.place(files));
  const steps = found.map((placement) => ({
    from: join(from, placement.from),
    to: join(to, layout.target, placement.part, placement.name),
  }));
  const present = await concurrentMap(steps, CONCURRENT_FILES, (step) => isSameFile(step.from, step.to));
  const conflicts = steps.filter((_, i) => present[i] === false);
  if (conflicts.length > 0) {
    throw new UserError(`${conflicts.length} files are there already with other content; nothing was written`, {
      file: join(to, layout.target),
      found: conflicts
        .slice(0, NAMED)
        .map((step) => `${step.to} is not ${step.from}`)
        .join(', '),
      remedy: 'Choose another folder with --to, or take them away yourself',
    });
  }
  return { found, steps: steps.filter((_, i) => present[i] === undefined), archives: files.filter(isArchive) };
}

/** How files got to their places. */
export interface Arranged {
  readonly linked: number;
  readonly copied: number;
}

/**
 * Carries a plan out. May be interrupted and planned again: a file in its place is whole.
 * @param copy copies even where a hard link (which takes no space) is possible
 * @param onDone called after each file
 */
export async function arrange(steps: readonly Step[], copy: boolean, onDone: () => void): Promise<Arranged> {
  const linked = await concurrentMap(steps, CONCURRENT_FILES, async ({ from, to }) => {
    await mkdir(dirname(to), { recursive: true });
    const isLinked = !copy && (await linkFile(from, to));
    if (!isLinked) await copyWhole(from, to);
    onDone();
    return isLinked;
  });
  const links = linked.filter(Boolean).length;
  return { linked: links, copied: steps.length - links };
}

/** Errors of file systems that do not know links, or have the two files on different ones. */
const NO_LINKS = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

async function linkFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (NO_LINKS.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Under its name only when it is whole, with the time of the original. */
async function copyWhole(from: string, to: string): Promise<void> {
  const temporary = `${to}.tmp-${process.pid}`;
  try {
    await copyFile(from, temporary, constants.COPYFILE_FICLONE);
    const { atime, mtime } = await stat(from);
    await utimes(temporary, atime, mtime);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
