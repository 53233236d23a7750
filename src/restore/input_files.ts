/** @file Images in, images out: which files a folder gives, and where their restored pictures go. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import { PICTURE_EXTENSIONS } from './image_io.js';

/** One picture to restore. */
export interface RestoreJob {
  readonly input: string;
  /** `<output folder>/<stem of the input>.png`. */
  readonly output: string;
}

/**
 * Lists the work.
 * @param input An image file, or a folder whose images are taken (not those of folders inside it), in order of name.
 * @param outputFolder Need not exist.
 * @throws UserError if there is no image, or two inputs (or an input itself) would be written over.
 */
export async function restoreJobs(input: string, outputFolder: string): Promise<RestoreJob[]> {
  const jobs = (await inputFiles(input)).map((file) => ({
    input: file,
    output: path.join(outputFolder, `${path.parse(file).name}.png`),
  }));
  const taken = new Map<string, string>();
  const inputs = new Set(jobs.map((job) => path.resolve(job.input)));
  for (const job of jobs) {
    const other = taken.get(job.output);
    if (other !== undefined) {
      throw new UserError(`${other} and ${job.input} would both be written there`, {
        file: job.output,
        remedy: 'Rename one of them, or restore them into different folders',
      });
    }
    if (inputs.has(path.resolve(job.output))) {
      throw new UserError('an input would be written over', {
        file: job.output,
        remedy: 'Choose another --output folder',
      });
    }
    taken.set(job.output, job.input);
  }
  return jobs;
}

async function inputFiles(input: string): Promise<string[]> {
  const found = await stat(input).catch(() => undefined);
  if (!found) throw new UserError('no such file or folder', { file: input, key: '--input' });
  if (!found.isDirectory()) return [input];
  const names = (await readdir(input, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && PICTURE_EXTENSIONS.includes(path.extname(entry.name).toLowerCase()))
    .map((entry) => entry.name)
    .sort();
  if (names.length === 0) {
    throw new UserError('the folder has no image', {
      file: input,
      expected: `files named *${PICTURE_EXTENSIONS.join(', *')}`,
    });
  }
  return names.map((name) => path.join(input, name));
}
