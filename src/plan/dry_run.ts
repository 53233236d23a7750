/** @file `rsd-train --dry-run`: what a run would take, in memory and time; nothing is read but the run folder's statistics. */
import type { NamedPath } from '../config/paths.js';
import type { RunConfig } from '../config/schema.js';
import { selectedGpuOptions } from '../engine/device.js';
import { gpuMemoryLimit, hostMemoryLimit } from '../engine/device_memory.js';
import { formatDuration } from '../training/progress.js';
import { runPaths } from '../training/run_folder.js';
import { readStats } from '../training/stats_log.js';
import { fits, largestFitting, planMemory, type MemoryLimits, type MemoryPlan } from './memory_plan.js';
import { planLines, verdict } from './plan_text.js';
import { measureSteps } from './step_time.js';
import { plannedPrograms } from './traced_run.js';

const EXIT_DOES_NOT_FIT = 2;

export interface DryRunOptions {
  readonly config: RunConfig;
  /** Run folder; it need not exist, and nothing is written to it. */
  readonly out: string;
  /** Files and folders of the run that are not there. */
  readonly missing: readonly NamedPath[];
  /** Whether to take the time of a step where the run folder knows none. */
  readonly measure: boolean;
  readonly print: (line: string) => void;
  /** Told what a measurement that takes a while is doing. */
  readonly progress: (line: string) => void;
}

/** Prints the plan; returns the exit code: 2 if not even micro-batches of one image fit. */
export async function dryRun({ config, out, missing, measure, print, progress }: DryRunOptions): Promise<number> {
  const baseBytes = process.memoryUsage.rss();
  const gpu = selectedGpuOptions() !== undefined;
  const limits: MemoryLimits = { host: hostMemoryLimit(), gpu: gpuMemoryLimit() };
  const plan = planMemory(config, { baseBytes, gpu });
  for (const line of planLines(config, plan, limits)) print(line);
  print(verdict(plan, limits));
  const largest = largestFitting(plan, limits);
  if (!fits(plan, limits) && !config.train.recompute) {
    const again = planMemory({ ...config, train: { ...config.train, recompute: true } }, { baseBytes, gpu });
    const size = largestFitting(again, limits);
    if (size !== undefined) print(`with --set train.recompute=true, micro-batches of ${size} fit`);
  }
  for (const { key, path } of missing) print(`missing: ${key} (${path})`);
  await printTime({ config, out, measure, print, progress }, plan, largest);
  return largest === undefined ? EXIT_DOES_NOT_FIT : 0;
}

/** Seconds of an iteration: of the run itself if it has begun, else measured. */
async function printTime(
  { config, out, measure, print, progress }: Omit<DryRunOptions, 'missing'>,
  { microBatch }: MemoryPlan,
  largest: number | undefined,
): Promise<void> {
  const { iterations } = config.train;
  const file = runPaths(out).stats;
  const stats = await readStats(file);
  if (stats.length > 0) {
    const sorted = stats.map(({ seconds }) => seconds!).sort((a, b) => a - b);
    const median = sorted[Math.floor((sorted.length - 1) / 2)]!;
    print(eta(`median of ${stats.length} iterations in ${file}`, median, iterations - stats.at(-1)!.iteration));
    return;
  }
  if (!measure || largest === undefined) return;
  const size = Math.min(microBatch, largest);
  const sized = { ...config, train: { ...config.train, microBatch: size } };
  const { seconds } = await measureSteps(sized, plannedPrograms(sized).programs, progress);
  print(eta(`measured with micro-batches of ${size}`, seconds, iterations));
}

const eta = (source: string, seconds: number, iterations: number): string =>
  `${seconds.toFixed(1)} s an iteration (${source}): ${formatDuration(seconds * iterations)} for ${iterations.toLocaleString('en')} iterations`;
