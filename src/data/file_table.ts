/** @file A list of very many files in little memory that threads share: names as bytes, folders written once. */
import { join } from 'node:path';

/** Files of one folder. */
export interface FolderFiles {
  readonly folder: string;
  readonly names: readonly string[];
}

/** A table as plain data. The arrays lie in shared memory: sending them to a thread copies nothing. */
export interface FileTableData {
  readonly folders: readonly string[];
  /** Index of each file's folder. */
  readonly folderOf: Uint32Array;
  /** UTF-8 of all names, one after the other. */
  readonly names: Uint8Array;
  /** Where each name ends in `names`. */
  readonly ends: Uint32Array;
}

const WORD = Uint32Array.BYTES_PER_ELEMENT;

function emptyData(folders: readonly string[], files: number, bytes: number): FileTableData {
  return {
    folders,
    folderOf: new Uint32Array(new SharedArrayBuffer(files * WORD)),
    names: new Uint8Array(new SharedArrayBuffer(bytes)),
    ends: new Uint32Array(new SharedArrayBuffer(files * WORD)),
  };
}

/** An immutable list of files: some 25 bytes each where a list of paths takes a hundred and more, in every thread. */
export class FileTable implements Iterable<string> {
  constructor(readonly data: FileTableData) {}

  /** The files of all groups in their order. */
  static of(groups: readonly FolderFiles[]): FileTable {
    const files = groups.reduce((sum, { names }) => sum + names.length, 0);
    const bytes = groups.reduce(
      (sum, { names }) => names.reduce((part, name) => part + Buffer.byteLength(name), sum),
      0,
    );
    const data = emptyData(
      groups.map(({ folder }) => folder),
      files,
      bytes,
    );
    const target = Buffer.from(data.names.buffer);
    let file = 0;
    let end = 0;
    groups.forEach(({ names }, folder) => {
      for (const name of names) {
        end += target.write(name, end);
        data.folderOf[file] = folder;
        data.ends[file++] = end;
      }
    });
    return new FileTable(data);
  }

  get length(): number {
    return this.data.ends.length;
  }

  /** Path of a file. @param index in [0, length) */
  at(index: number): string {
    const { folders, folderOf } = this.data;
    const [start, end] = this.span(index);
    return join(folders[folderOf[index]!]!, Buffer.from(this.data.names.buffer).toString('utf8', start, end));
  }

  /** The files at these places, in this order. */
  pick(indices: ArrayLike<number>): FileTable {
    const chosen = Array.from(indices);
    const bytes = chosen.reduce((sum, index) => sum + this.span(index)[1] - this.span(index)[0], 0);
    const data = emptyData(this.data.folders, chosen.length, bytes);
    let at = 0;
    chosen.forEach((index, i) => {
      const [start, end] = this.span(index);
      data.names.set(this.data.names.subarray(start, end), at);
      at += end - start;
      data.folderOf[i] = this.data.folderOf[index]!;
      data.ends[i] = at;
    });
    return new FileTable(data);
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  private span(index: number): [start: number, end: number] {
    const { ends } = this.data;
    return [index === 0 ? 0 : ends[index - 1]!, ends[index]!];
  }
}
