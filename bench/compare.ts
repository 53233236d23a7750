/** @file One benchmark on several engines in turns, and its report. */
import type { EngineKind } from '../src/engine/types.js';
import { BENCHMARKS, type BenchmarkEntry, type BenchmarkName, type Seconds } from './benchmark.js';
import { CaseProcess } from './case_process.js';
import type { Size } from './sizes.js';

/** What to measure. */
export interface Comparison {
  readonly size: Size;
  readonly batch: number;
  /** Timed runs of each engine. */
  readonly rounds: number;
  readonly engines: readonly EngineKind[];
}

interface Measurement {
  readonly engine: EngineKind;
  readonly process: CaseProcess;
  /** The first run, which compiles; it is not one of the rounds. */
  first: Seconds;
  readonly rounds: Seconds[];
  readonly cpu: number[];
}

/**
 * Runs the engines' processes side by side, one run at a time in turns (A B A B ...), so that a machine whose speed drifts
 * slows all of them alike. Prints one JSON line for each engine and timed part, and one with the ratios of two engines.
 */
export async function compare(name: BenchmarkName, comparison: Comparison): Promise<void> {
  const { size, batch, rounds, engines } = comparison;
  const measurements: Measurement[] = [];
  try {
    for (const engine of engines) {
      const process = await CaseProcess.start(name, { size, batch, engine });
      measurements.push({ engine, process, first: (await process.run()).seconds, rounds: [], cpu: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const measurement of measurements) {
        const { seconds, cpu } = await measurement.process.run();
        measurement.rounds.push(seconds);
        measurement.cpu.push(cpu);
      }
    }
    const peaks: number[] = [];
    for (const { process } of measurements) peaks.push(await process.end());
    measurements.forEach((measurement, i) => {
      report(name, comparison, measurement, peaks[i]!);
    });
    if (measurements.length === 2) reportRatios(name, comparison, measurements as [Measurement, Measurement], peaks);
  } finally {
    for (const { process } of measurements) process.kill();
  }
}

function report(name: string, { size, batch }: Comparison, measured: Measurement, peakRssMb: number): void {
  for (const part of Object.keys(measured.first)) {
    const seconds = measured.rounds.map((round) => round[part]!);
    print({
      name: part === name ? name : `${name}: ${part}`,
      size,
      batch,
      engine: measured.engine,
      rounds: seconds.length,
      first: rounded(measured.first[part]!),
      min: rounded(Math.min(...seconds)),
      median: rounded(median(seconds)),
      ...(part === name ? { medianCpu: rounded(median(measured.cpu)) } : {}),
      peakRssMb,
    });
  }
}

/** The second engine's share of the first's; the median is taken over the rounds' own ratios. */
function reportRatios(
  name: BenchmarkName,
  { size, batch }: Comparison,
  [base, other]: readonly [Measurement, Measurement],
  [basePeak, otherPeak]: readonly number[],
): void {
  const { target }: BenchmarkEntry = BENCHMARKS[name];
  const seconds = ({ rounds }: Measurement): number[] => rounds.map((round) => round[name]!);
  const pairs = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => b[i]! / value);
  print({
    name,
    size,
    batch,
    ratio: `${other.engine} / ${base.engine}`,
    min: rounded(Math.min(...seconds(other)) / Math.min(...seconds(base))),
    median: rounded(median(pairs(seconds(base), seconds(other)))),
    medianCpu: rounded(median(pairs(base.cpu, other.cpu))),
    peakRss: rounded(otherPeak! / basePeak!),
    ...(size === 'full' ? { target } : {}),
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

const print = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
