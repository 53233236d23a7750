/** @file A memory plan as text. */
import { hasFake } from '../config/methods.js';
import type { RunConfig } from '../config/schema.js';
import { fits, largestFitting, totalBytes, type MemoryLimits, type MemoryPlan } from './memory_plan.js';
import type { MemoryPart } from './process_parts.js';
import { stateBytes, type PlannedNetwork } from './traced_run.js';

const MIB = 2 ** 20;

/** Whole MiB with separators. */
export const mib = (bytes: number): string => `${Math.round(bytes / MIB).toLocaleString('en')} MiB`;
const count = (value: number): string => value.toLocaleString('en');

/** What the run is, where its memory goes, and whether it fits. */
export function planLines(config: RunConfig, plan: MemoryPlan, limits: MemoryLimits): string[] {
  return [
    ...runLines(config),
    '',
    ...networkLines(plan.networks),
    '',
    ...programLines(plan),
    '',
    ...partLines('expected peak of the process', plan.host),
    ...(plan.gpu ? ['', ...partLines('expected peak of the GPU', plan.gpu)] : []),
    '',
    ...choiceLines(plan, limits),
  ];
}

function runLines({ method, train, rsd, engine }: RunConfig): string[] {
  const parts = train.batch / train.microBatch;
  return [
    `method ${method}: ${count(train.iterations)} iterations of batch ${train.batch}` +
      (parts > 1 ? ` in ${parts} micro-batches of ${train.microBatch}` : '') +
      (hasFake(method) ? `; ${rsd.fakeUpdates} fake updates (K) before each student update` : '') +
      (train.recompute ? '; activations are computed again' : ''),
    ...(engine.kind === 'eager'
      ? ['engine.kind is eager: op by op takes about twice the memory of this plan, which is for compiled programs']
      : []),
  ];
}

function networkLines(networks: readonly PlannedNetwork[]): string[] {
  const purposes = ['weights', 'moments', 'moving average', 'gradient sums'] as const;
  const rows = networks.map(({ group, role, parameters, bytes }) => [
    `${group}${role === 'frozen' ? ' (frozen)' : ''}`,
    count(parameters),
    ...purposes.map((purpose) => (bytes[purpose] === undefined ? '' : mib(bytes[purpose]))),
  ]);
  const sums = purposes.map((purpose) => mib(networks.reduce((sum, { bytes }) => sum + (bytes[purpose] ?? 0), 0)));
  return [
    ...table([['networks', 'parameters', ...purposes], ...rows, ['sum', '', ...sums]]),
    `resident state: ${mib(stateBytes(networks))}`,
  ];
}

function programLines({ programs, bytesPerSample, microBatch }: MemoryPlan): string[] {
  return table([
    ['programs', 'runs an iteration', 'operations', `activations, micro-batch ${microBatch}`, 'each sample'],
    ...programs.map(({ name, runs, operations, peakBytes, takesSamples, update }) => [
      name,
      count(runs),
      count(operations),
      mib(peakBytes),
      takesSamples && bytesPerSample[update] !== undefined ? mib(bytesPerSample[update]) : '',
    ]),
  ]);
}

function partLines(title: string, parts: readonly MemoryPart[]): string[] {
  return table([
    [title, ''],
    ...parts.map(({ what, bytes }) => [`  ${what}`, mib(bytes)]),
    ['  sum', mib(totalBytes(parts))],
  ]);
}

function choiceLines(plan: MemoryPlan, limits: MemoryLimits): string[] {
  const gpu = plan.gpu !== undefined;
  const rows = plan.choices.map((choice) => [
    `micro-batch ${choice.microBatch}${choice.microBatch === plan.microBatch ? ' (this run)' : ''}`,
    mib(totalBytes(choice.host)),
    ...(choice.gpu ? [mib(totalBytes(choice.gpu))] : []),
    fits(choice, limits) ? 'fits' : 'does not fit',
  ]);
  return table([
    ['available', mib(limits.host), ...(gpu ? [limits.gpu === undefined ? 'no GPU' : mib(limits.gpu)] : []), ''],
    ...rows,
  ]);
}

/** Whether the run fits, in one line. */
export function verdict(plan: MemoryPlan, limits: MemoryLimits): string {
  const largest = largestFitting(plan, limits);
  if (largest === undefined) return 'does not fit: not even micro-batches of one image do';
  if (fits(plan, limits)) return `fits; the largest micro-batch that does is ${largest}`;
  return `does not fit with micro-batches of ${plan.microBatch}; those of ${largest} do: --set train.microBatch=${largest}`;
}

/** Columns: the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
