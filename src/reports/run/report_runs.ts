/** @file Reports of runs: from run folders to one page. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { writeFileDurably } from '../../files/durable_file.js';
import { previewUri } from '../pages/preview.js';
import { readRuns, type GridFile, type RunRecord } from './read_run.js';
import { runPage, type ShownGrid } from './run_page.js';

/** Widest grid on the page, in pixels. */
const GRID_WIDTH = 1000;

export interface RunReportOptions {
  readonly title: string;
  /** HTML file to write; its folder is made. */
  readonly output: string;
  /** Sample grids of each run, evenly over its time; the first and the last are among them. */
  readonly grids: number;
}

function evenly(grids: readonly GridFile[], count: number): GridFile[] {
  if (grids.length <= count) return [...grids];
  if (count === 1) return [grids.at(-1)!];
  return Array.from({ length: count }, (_, i) => grids[Math.round((i * (grids.length - 1)) / (count - 1))]!);
}

async function shownGrids({ name, grids }: RunRecord, count: number): Promise<ShownGrid[]> {
  const shown: ShownGrid[] = [];
  for (const { iteration, file } of evenly(grids, count)) {
    const { width, height } = await sharp(file).metadata();
    const reduce = Math.min(1, GRID_WIDTH / width);
    const uri = await previewUri(file, Math.round(width * reduce), Math.round(height * reduce));
    shown.push({ run: name, iteration, uri });
  }
  return shown;
}

/**
 * Writes the page about these run folders, which may belong to runs that go on.
 * @throws UserError if one is no run folder or has nothing to show.
 */
export async function reportRuns(
  folders: readonly string[],
  { title, output, grids }: RunReportOptions,
): Promise<void> {
  const runs = await readRuns(folders);
  const shown: ShownGrid[] = [];
  for (const run of runs) shown.push(...(await shownGrids(run, grids)));
  await mkdir(path.dirname(path.resolve(output)), { recursive: true });
  await writeFileDurably(output, runPage(runs, shown, title));
}
