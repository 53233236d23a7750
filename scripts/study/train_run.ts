/** @file One run of the study: a process that trains, until its number of iterations or until its time is over. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfig } from '../../src/config/schema.js';
import { loadRunConfig } from '../../src/config/load.js';
import { runPaths } from '../../src/training/run_folder.js';
import { readStats } from '../../src/training/stats_log.js';

const PROCESS = fileURLToPath(new URL('./train_process.ts', import.meta.url));
/** How often a run with a budget of time is looked at, ms. */
const POLL = 200;
/** More iterations than any budget of time allows. */
const ENDLESS = 1_000_000;

/** What is trained, and for how long. */
export interface StudyRun {
  /** Name of the run file without ending. */
  readonly contender: string;
  readonly configFile: string;
  readonly seed: number;
  readonly sets: readonly string[];
  /** Budget of training time; the run file's iterations if left out. */
  readonly seconds?: number | undefined;
  /** Run folder. */
  readonly folder: string;
}

/** What a run took. */
export interface RunEffort {
  readonly studentUpdates: number;
  /** Wall time of the iterations without the first, which compiles. */
  readonly trainingSeconds: number;
  /** Processor time of all processes that trained it, with starting and compiling. */
  readonly cpuSeconds: number;
}

const overrides = ({ sets, seed, seconds }: StudyRun): string[] => [
  ...sets,
  `seed=${seed}`,
  ...(seconds === undefined ? [] : [`train.iterations=${ENDLESS}`]),
];

/** The run's config. @throws UserError as rsd-train would. */
export async function configOf(run: StudyRun): Promise<RunConfig> {
  return (await loadRunConfig(run.configFile, overrides(run))).config;
}

async function progressOf({ folder }: StudyRun): Promise<Omit<RunEffort, 'cpuSeconds'>> {
  const stats = await readStats(runPaths(folder).stats);
  const seconds = stats.slice(1).map((record) => record['seconds']!);
  return { studentUpdates: stats.length, trainingSeconds: seconds.reduce((a, b) => a + b, 0) };
}

async function isOver(run: StudyRun, config: RunConfig): Promise<boolean> {
  const { studentUpdates, trainingSeconds } = await progressOf(run);
  return run.seconds === undefined ? studentUpdates >= config.train.iterations : trainingSeconds >= run.seconds;
}

/** Whether a run is over and its student written. */
export async function isTrained(run: StudyRun): Promise<boolean> {
  return existsSync(runPaths(run.folder).student) && (await isOver(run, await configOf(run)));
}

/** Interrupts a process, which saves then, once something is so. `end` stops looking and says whether it was interrupted. */
function interruptWhen(child: ChildProcess, isSo: () => Promise<boolean>): { end(): boolean } {
  let interrupted = false;
  const watch = setInterval(() => {
    void isSo().then((so) => {
      if (so && !interrupted) interrupted = child.kill('SIGINT');
    });
  }, POLL);
  return {
    end: () => {
      clearInterval(watch);
      return interrupted;
    },
  };
}

/**
 * Trains, or goes on training, in a process that writes what it took to `folder`.usage.jsonl.
 * @returns The exit code: 0 when the run is over, 130 or 143 when a signal ended it early.
 * @throws Error if the training fails, with its last lines.
 */
export async function trainRun(run: StudyRun): Promise<number> {
  const config = await configOf(run);
  await mkdir(path.dirname(run.folder), { recursive: true });
  const sets = overrides(run).flatMap((set) => ['--set', set]);
  const args = [...process.execArgv, PROCESS, `${run.folder}.usage.jsonl`, '--config', run.configFile];
  const child = spawn(process.execPath, [...args, '--out', run.folder, ...sets]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const watch = run.seconds === undefined ? undefined : interruptWhen(child, () => isOver(run, config));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  const interrupted = watch?.end() ?? false;
  if (code === 0 || (interrupted && code === 130)) return 0;
  if (code === 130 || code === 143) return code;
  throw new Error(
    `${run.folder}: the training ended with ${code ?? signal}\n${output.split('\n').slice(-8).join('\n')}`,
  );
}

/** What a run took so far. */
export async function effortOf(run: StudyRun): Promise<RunEffort> {
  const usage = await readFile(`${run.folder}.usage.jsonl`, 'utf8');
  const processes = usage
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { cpuSeconds: number });
  return { ...(await progressOf(run)), cpuSeconds: processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) };
}
