/** @file The photos of a large tree, listed once: later starts look only at folders that changed since. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { writeAtomically } from '../files/atomic_file.js';
import { cacheFolder } from '../files/cache_folder.js';
import type { FileTable } from './file_table.js';
import { photosOf, scanSources, sortedPhotos, type SourceScan } from './photo_source.js';

/** Part of every index file: another layout is another number. */
const VERSION = 1;
/** Fewer photos are listed quicker than an index of them is read. */
const LEAST_PHOTOS = 20_000;
/** Speed matters more than the last per cent: names compress well at any level. */
const LEVEL = 1;
const REPORT_EVERY_MS = 2000;

/** Where indices are kept and who is told. */
export interface IndexOptions {
  readonly folder?: string;
  /** Photos from which on an index is kept. */
  readonly leastPhotos?: number;
  /** Receives a line every two seconds while photos are listed. */
  readonly log?: (line: string) => void;
}

/** File of the index for these sources. */
export function indexFile(paths: string | readonly string[], folder = join(cacheFolder(), 'photos')): string {
  const sources = [paths].flat().map((path) => resolve(path));
  const name = createHash('sha256').update(JSON.stringify([VERSION, ...sources]));
  return join(folder, `${name.digest('hex').slice(0, 32)}.json.gz`);
}

/**
 * Lists photos. The first time every folder is read, with progress, and the list is kept; later times the kept list is
 * taken and only folders (and text lists) whose time of change is another one are read again. Content that was replaced
 * under its name is not noticed. An index that is missing, damaged or cannot be written costs time and nothing else.
 * @param paths folders (searched recursively), image files, or `.txt` lists of files
 * @param key config key the paths come from, for errors
 * @returns the same table with and without an index
 * @throws UserError as `scanSources`
 */
export async function findPhotos(
  paths: string | readonly string[],
  key: string,
  { folder, leastPhotos = LEAST_PHOTOS, log = () => undefined }: IndexOptions = {},
): Promise<FileTable> {
  const file = indexFile(paths, folder);
  const known = await readIndex(file);
  const scan = await scanSources(paths, key, { known, onFound: reporting(log) });
  if (photosOf(scan) >= leastPhotos && !isSame(scan, known)) {
    await writeIndex(file, scan).catch((error: unknown) => {
      log(`the list of photos is not kept for the next start: ${(error as Error).message}`);
    });
  }
  return sortedPhotos(scan);
}

/** Unchanged parts of a scan are the known objects themselves. */
function isSame(scan: SourceScan, known: SourceScan | undefined): boolean {
  if (known?.folders.length !== scan.folders.length || known.lists.length !== scan.lists.length) return false;
  const parts = new Set<object>([...known.folders, ...known.lists]);
  return [...scan.folders, ...scan.lists].every((part) => parts.has(part));
}

async function readIndex(file: string): Promise<SourceScan | undefined> {
  try {
    const scan = JSON.parse((await promisify(gunzip)(await readFile(file))).toString()) as Partial<SourceScan>;
    return Array.isArray(scan.folders) && Array.isArray(scan.lists) ? (scan as SourceScan) : undefined;
  } catch {
    return undefined;
  }
}

async function writeIndex(file: string, scan: SourceScan): Promise<void> {
  const packed = await promisify(gzip)(JSON.stringify(scan), { level: LEVEL });
  await writeAtomically(file, (write) => write(packed));
}

function reporting(log: (line: string) => void): (photos: number) => void {
  const begin = performance.now();
  let last = begin;
  let total = 0;
  return (photos) => {
    total += photos;
    const now = performance.now();
    if (now - last < REPORT_EVERY_MS) return;
    last = now;
    const rate = Math.round(total / ((now - begin) / 1000));
    log(`listing photos: ${total.toLocaleString('en-US')} found, ${rate.toLocaleString('en-US')} a second`);
  };
}
