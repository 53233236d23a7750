/** @file `stats.jsonl`: one line of numbers an iteration, exact to the last bit and true to the resumed history. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { writeFileDurably } from '../files/durable_file.js';

/** Numbers of one iteration: loss terms, gradient norms, learning rates, seconds, images per second. */
export type StatsRecord = { readonly iteration: number } & Readonly<Record<string, number>>;

/** What opening an existing log had to take out of it. */
export interface StatsRepair {
  /** Lines of iterations after the one resumed from. */
  readonly abandoned: number;
  /** Lines that were cut short or damaged by a crash. */
  readonly unreadable: number;
}

/** JSON would turn these into null, or -0 into 0; they are written as strings instead. */
const STRING_NUMBERS = new Map<unknown, number>([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

function toJsonValue(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

/** One line (without its end). Finite numbers are written with as many digits as reading back the same double takes. */
export function formatStats(record: StatsRecord): string {
  return JSON.stringify(Object.fromEntries(Object.entries(record).map(([key, value]) => [key, toJsonValue(value)])));
}

/** The record of a line, or undefined if it is not a whole one. */
export function parseStats(line: string): StatsRecord | undefined {
  let values: unknown;
  try {
    values = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof values !== 'object' || values === null) return undefined;
  const entries = Object.entries(values).map(([key, value]) => [key, STRING_NUMBERS.get(value) ?? (value as unknown)]);
  const record = Object.fromEntries(entries) as Record<string, unknown>;
  if (!Object.values(record).every((value) => typeof value === 'number')) return undefined;
  return Number.isInteger(record['iteration']) ? (record as StatsRecord) : undefined;
}

/** All whole lines of a log, in order; empty if there is no such file. */
export async function readStats(file: string): Promise<StatsRecord[]> {
  return (await readLines(file)).flatMap((line) => parseStats(line) ?? []);
}

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** An open log. Lines reach the operating system at once and the disk at {@link StatsLog.flush}. */
export class StatsLog {
  private constructor(
    private readonly descriptor: number,
    private last: number,
    private readonly keys: Set<string>,
    readonly repair: StatsRepair,
  ) {}

  /**
   * Opens a log to go on after `iteration` (0: from the beginning). Lines of later iterations, which a resumed run goes
   * through again, and lines that a crash left damaged are cut out, atomically.
   */
  static async open(file: string, iteration: number): Promise<StatsLog> {
    const lines = await readLines(file);
    const records = lines.flatMap((line) => parseStats(line) ?? []);
    const kept = records.filter((record) => record.iteration <= iteration);
    // Written even if nothing is cut: the last line's end may be the only thing that is missing.
    await writeFileDurably(file, kept.map((record) => `${formatStats(record)}\n`).join(''));
    const keys = new Set(kept.flatMap((record) => Object.keys(record)));
    return new StatsLog(openSync(file, 'a'), kept.at(-1)?.iteration ?? 0, keys, {
      abandoned: records.length - kept.length,
      unreadable: lines.length - records.length,
    });
  }

  /** Whether some line has this number. */
  has(key: string): boolean {
    return this.keys.has(key);
  }

  /**
   * Adds one line.
   *
   * @throws Error if the iteration does not come after the last one: the log would then contradict itself.
   */
  append(record: StatsRecord): void {
    if (record.iteration <= this.last) throw new Error(`stats of ${record.iteration} come after ${this.last}`);
    writeSync(this.descriptor, `${formatStats(record)}\n`);
    this.last = record.iteration;
    for (const key of Object.keys(record)) this.keys.add(key);
  }

  /** Waits for the disk. Called before a checkpoint, so that a checkpoint never outlives the lines that led to it. */
  flush(): void {
    fsyncSync(this.descriptor);
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }
}
