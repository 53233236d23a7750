/** @file What a run leaves of its numbers and pictures: `stats.jsonl`, sample grids, and TensorBoard's copy of both. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { RunConfig } from '../config/schema.js';
import { writeGrid, type GridRow } from '../images/image_grid.js';
import type { RunPaths } from './run_folder.js';
import { StatsLog, type StatsRecord } from './stats_log.js';
import { EventFile } from './tensorboard/event_file.js';
import { tensorboardTag, type TaggedRun } from './tensorboard/tags.js';

/** What a {@link RunLog} needs to know of its run. */
export interface RunLogOptions {
  readonly paths: Pick<RunPaths, 'stats' | 'images' | 'events' | 'config'>;
  readonly config: Pick<RunConfig, 'train' | 'diffusion' | 'rsd'>;
  /** Last iteration that is done; what the logs have of later ones is taken back. */
  readonly start: number;
}

/** The open logs of a run. */
export class RunLog {
  private constructor(
    private readonly images: string,
    private readonly run: TaggedRun,
    private readonly stats: StatsLog,
    private readonly events: EventFile | undefined,
  ) {}

  static async open({ paths, config, start }: RunLogOptions): Promise<RunLog> {
    const stats = await StatsLog.open(paths.stats, start);
    const events = config.train.tensorboard ? new EventFile(paths.events, start + 1) : undefined;
    // Four spaces make a block of code of it.
    events?.text(start + 1, 'config', (await readFile(paths.config, 'utf8')).replaceAll(/^/gm, '    '));
    const run = { lastTimestep: config.diffusion.steps - 1, perceptual: config.rsd.perceptual.metric };
    return new RunLog(paths.images, run, stats, events);
  }

  /** Whether an earlier iteration logged this number. */
  has(key: string): boolean {
    return this.stats.has(key);
  }

  append(record: StatsRecord): void {
    this.stats.append(record);
    const { iteration, ...numbers } = record;
    const tagged = Object.entries(numbers).map(([key, value]) => [tensorboardTag(key, this.run), value]);
    this.events?.scalars(iteration, Object.fromEntries(tagged) as Record<string, number>);
  }

  /** Writes a sample grid. */
  async grid(iteration: number, rows: readonly GridRow[], columns: readonly string[]): Promise<void> {
    const file = path.join(this.images, `iteration-${String(iteration).padStart(8, '0')}.png`);
    await writeGrid(file, rows, columns);
    if (!this.events) return;
    const png = await readFile(file);
    const { width, height } = await sharp(png).metadata();
    this.events.image(iteration, 'validation/grid', { png, width, height });
  }

  /** Waits for the disk. Called before a checkpoint, so that a checkpoint never outlives the lines that led to it. */
  flush(): void {
    this.stats.flush();
    this.events?.flush();
  }

  close(): void {
    this.stats.close();
    this.events?.close();
  }
}
