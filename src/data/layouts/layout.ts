/** @file A dataset as it is downloaded and as run files name it. */

/** Files of one kind of a dataset, e.g. its HR images. */
export interface LayoutPart {
  /** Folder below the dataset's; empty for the dataset's own. */
  readonly folder: string;
  /** Files that the published set has. */
  readonly expected: number;
}

/** A downloaded file and its place. */
export interface Placement {
  /** Relative to the folder that was searched, `/` between folders. */
  readonly from: string;
  /** Folder of the part it belongs to. */
  readonly part: string;
  /** Name within the part; may have a folder of its own. */
  readonly name: string;
}

/** One dataset. */
export interface Layout {
  readonly title: string;
  /** Folder below the folder of all data. */
  readonly target: string;
  readonly parts: readonly LayoutPart[];
  /** How the download looks, for the help. */
  readonly download: string;
  /** Keys of a run file that take it, or what else it is for. */
  readonly use: string;
  /**
   * Picks the dataset's files.
   * @param files relative paths with `/`, whatever else is beside the dataset
   */
  place(files: readonly string[]): Placement[];
}
