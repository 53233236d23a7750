/** @file `unreadable_photos.txt` of a run folder: every photo that could not be read, over all resumptions of the run. */
import { readFile } from 'node:fs/promises';
import type { PhotoFailure } from '../data/photo_reader.js';
import { writeFileDurably } from '../files/durable_file.js';

/** The list, one `file: reason` a line; there is no file while it is empty. */
export class UnreadablePhotos {
  private constructor(
    private readonly file: string,
    private readonly lines: Set<string>,
  ) {}

  /** Opens the list; photos that an earlier part of the run could not read stay in it. */
  static async open(file: string): Promise<UnreadablePhotos> {
    const text = await readFile(file, 'utf8').catch(() => '');
    return new UnreadablePhotos(file, new Set(text.split('\n').filter((line) => line !== '')));
  }

  /** Photos in the list. */
  get count(): number {
    return this.lines.size;
  }

  /**
   * Adds photos; writes the file if one was not in it.
   * @returns how many were not
   */
  async add(failures: readonly PhotoFailure[]): Promise<number> {
    const before = this.count;
    for (const { file, reason } of failures) this.lines.add(`${file}: ${reason}`);
    const added = this.count - before;
    if (added > 0) await writeFileDurably(this.file, [...this.lines].map((line) => `${line}\n`).join(''));
    return added;
  }
}
