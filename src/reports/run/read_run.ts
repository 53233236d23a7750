/** @file Reports of runs: what a run folder holds of numbers, settings and pictures. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../../errors/user_error.js';
import { runPaths } from '../../training/run_folder.js';
import { readStats, type StatsRecord } from '../../training/stats_log.js';

/** A sample grid. */
export interface GridFile {
  readonly iteration: number;
  readonly file: string;
}

/** A run as it is reported; the run may still be going on. */
export interface RunRecord {
  /** Shortest end of the folder's path that tells the runs apart. */
  readonly name: string;
  readonly folder: string;
  /** Resolved config, as `config.yaml` has it. */
  readonly config: unknown;
  /** One entry an iteration, ascending. */
  readonly stats: readonly StatsRecord[];
  /** Ascending. */
  readonly grids: readonly GridFile[];
}

/** Ends of paths by which the folders can be told apart: as few parts as possible. */
function shortNames(folders: readonly string[]): string[] {
  const parts = folders.map((folder) => path.resolve(folder).split(path.sep).filter(Boolean));
  const longest = Math.max(...parts.map(({ length }) => length));
  for (let count = 1; ; count++) {
    const names = parts.map((names) => names.slice(-count).join('/'));
    if (new Set(names).size === names.length || count >= longest) return names;
  }
}

async function readGrids(folder: string): Promise<GridFile[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .flatMap((name) => {
      const iteration = /^iteration-(\d+)\.png$/.exec(name)?.[1];
      return iteration ? [{ iteration: Number(iteration), file: path.join(folder, name) }] : [];
    })
    .sort((a, b) => a.iteration - b.iteration);
}

async function readConfig(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    const found = (error as Error).message.split('\n')[0];
    throw new UserError(
      'the config of the run cannot be read',
      { file, found, remedy: 'Give the folder that rsd-train --out made' },
      { cause: error },
    );
  }
}

/**
 * Reads runs.
 * @param folders At least one, all different.
 * @throws UserError if one is no run folder, has no iteration yet, or is given twice.
 */
export async function readRuns(folders: readonly string[]): Promise<RunRecord[]> {
  const resolved = folders.map((folder) => path.resolve(folder));
  const twice = folders.find((_, index) => resolved.indexOf(resolved[index]!) !== index);
  if (twice !== undefined) throw new UserError('the run is given twice', { file: twice });
  const names = shortNames(folders);
  const runs: RunRecord[] = [];
  for (const [index, folder] of folders.entries()) {
    const paths = runPaths(folder);
    const config = await readConfig(paths.config);
    const stats = await readStats(paths.stats);
    if (stats.length === 0) throw new UserError('the run has no finished iteration yet', { file: paths.stats });
    runs.push({ name: names[index]!, folder, config, stats, grids: await readGrids(paths.images) });
  }
  return runs;
}
