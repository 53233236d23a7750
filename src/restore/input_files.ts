/** @file Images in, images out: which files the inputs stand for, and where their restored pictures go. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { UserError } from '../errors/user_error.js';
import { PICTURE_EXTENSIONS } from './file_formats.js';

/** One picture to restore. */
export interface RestoreJob {
  readonly input: string;
  readonly output: string;
}

/** Where to look and where to write. */
export interface JobOptions {
  /** Need not exist. */
  readonly outputFolder: string;
  /** Looks into folders inside folders; the results lie in the same folders inside the output folder. */
  readonly recursive: boolean;
  /** Ending of a result's name, with the dot. */
  readonly extensionOf: (input: string) => string;
}

/** A file, and the folder that its place in the output folder is relative to. */
interface Found {
  readonly file: string;
  readonly base: string;
}

/**
 * Lists the work, each file once, in order of inputs and then of names.
 * @param inputs Image files, folders whose images are taken, and glob patterns (`*`, `**`, `?`, `[abc]`, `{a,b}`). What
 *   exists under its literal name is no pattern. Hidden files and what lies in the output folder are found only by name.
 * @throws UserError if an input gives no image, or two results (or a result and an input) would have one name.
 */
export async function restoreJobs(inputs: readonly string[], options: JobOptions): Promise<RestoreJob[]> {
  const { outputFolder, extensionOf } = options;
  const jobs = new Map<string, RestoreJob>();
  for (const input of inputs) {
    for (const { file, base } of await filesOf(input, options)) {
      const { dir, name } = path.parse(path.relative(base, file));
      const output = path.join(outputFolder, dir, name + extensionOf(file));
      if (!jobs.has(path.resolve(file))) jobs.set(path.resolve(file), { input: file, output });
    }
  }
  const taken = new Map<string, string>();
  for (const { input, output } of jobs.values()) {
    const other = taken.get(output);
    if (other !== undefined) {
      throw new UserError(`${other} and ${input} would both be written there`, {
        file: output,
        remedy: 'Rename one of them, restore them into different folders, or keep their endings with --format same',
      });
    }
    if (jobs.has(path.resolve(output))) {
      throw new UserError('an input would be written over', { file: output, remedy: 'Choose another --output folder' });
    }
    taken.set(output, input);
  }
  return [...jobs.values()];
}

async function filesOf(input: string, options: JobOptions): Promise<Found[]> {
  const found = await stat(input).catch(() => undefined);
  if (found?.isDirectory()) return folderFiles(input, options);
  if (found) return [{ file: input, base: path.dirname(input) }];
  if (isDynamicPattern(input)) return globFiles(input, options);
  throw new UserError('no such file or folder', { file: input, key: '--input' });
}

const isPicture = (file: string): boolean => PICTURE_EXTENSIONS.includes(path.extname(file).toLowerCase());

async function folderFiles(folder: string, { recursive, outputFolder }: JobOptions): Promise<Found[]> {
  const names = (await glob(recursive ? '**' : '*', { cwd: folder, expandDirectories: false })).filter(isPicture);
  const files = outside(outputFolder, folder, names.sort());
  if (files.length === 0) {
    throw new UserError(recursive ? 'the folder and those inside it have no image' : 'the folder has no image', {
      file: folder,
      expected: `files named *${PICTURE_EXTENSIONS.join(', *')}`,
      remedy: recursive ? undefined : 'Folders inside it are searched with --recursive',
    });
  }
  return files.map((file) => ({ file, base: folder }));
}

async function globFiles(pattern: string, { recursive, outputFolder }: JobOptions): Promise<Found[]> {
  const base = literalPart(pattern);
  const names = await glob(path.relative(base, pattern).replaceAll(path.sep, '/'), {
    cwd: base,
    expandDirectories: false,
  });
  const files = outside(outputFolder, base, names.filter(isPicture).sort());
  if (files.length === 0) {
    throw new UserError('the pattern matches no image', {
      file: pattern,
      key: '--input',
      expected: `files named *${PICTURE_EXTENSIONS.join(', *')}`,
    });
  }
  return files.map((file) => ({ file, base: recursive ? base : path.dirname(file) }));
}

/** The folder that a pattern starts in. */
function literalPart(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => isDynamicPattern(part));
  return parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.');
}

/** Files of a folder without those in an output folder inside it, which are results of the last time. */
function outside(outputFolder: string, folder: string, names: readonly string[]): string[] {
  const inner = path.relative(path.resolve(folder), path.resolve(outputFolder));
  const isInner = inner !== '' && !inner.startsWith('..') && !path.isAbsolute(inner);
  const own = names.filter((name) => !isInner || !path.normalize(name).startsWith(inner + path.sep));
  return own.map((name) => path.join(folder, name));
}
