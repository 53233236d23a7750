/** @file One benchmark on several engines in turns, and its report. */
import { BENCHMARKS, type BenchmarkEntry, type BenchmarkName, type Runner } from './benchmark.js';
import { CaseProcess } from './case_process.js';
import type { Size } from './sizes.js';
import type { Peaks, TimedRun } from './worker.js';

/** What to measure. */
export interface Comparison {
  readonly size: Size;
  readonly batch: number;
  /** Timed runs of each engine. */
  readonly rounds: number;
  readonly engines: readonly Runner[];
  /** Interpreter that has PyTorch; needed for the runner `pytorch`. */
  readonly python?: string;
}

interface Measurement {
  readonly engine: Runner;
  readonly process: CaseProcess;
  /** The first run, which compiles; it is not one of the rounds. */
  readonly first: TimedRun;
  readonly rounds: TimedRun[];
}

/**
 * Runs the engines' processes side by side, one run at a time in turns (A B A B ...), so that a machine whose speed drifts
 * slows all of them alike. Prints one JSON line for each engine and timed part, and one with the ratios of two engines.
 */
export async function compare(name: BenchmarkName, comparison: Comparison): Promise<void> {
  const { size, batch, rounds, engines, python } = comparison;
  const measurements: Measurement[] = [];
  try {
    for (const engine of engines) {
      const process = await CaseProcess.start(name, { size, batch }, engine, python);
      measurements.push({ engine, process, first: await process.run(), rounds: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const measurement of measurements) {
        measurement.rounds.push(await measurement.process.run());
      }
    }
    const peaks: Peaks[] = [];
    for (const { process } of measurements) peaks.push(await process.end());
    measurements.forEach((measurement, i) => {
      report(name, comparison, measurement, peaks[i]!);
    });
    if (measurements.length === 2) reportRatios(name, comparison, measurements as [Measurement, Measurement], peaks);
  } finally {
    for (const { process } of measurements) process.kill();
  }
}

function report(name: string, { size, batch }: Comparison, measured: Measurement, peaks: Peaks): void {
  const { engine, first, rounds } = measured;
  for (const part of Object.keys(first.seconds)) {
    const seconds = secondsOf(part, rounds);
    const whole = part === name;
    print({
      name: whole ? name : `${name}: ${part}`,
      size,
      batch,
      engine,
      rounds: rounds.length,
      first: rounded(first.seconds[part]!),
      min: rounded(Math.min(...seconds)),
      median: rounded(median(seconds)),
      ...(whole ? { firstCpu: rounded(first.cpu), medianCpu: rounded(median(cpuOf(rounds))), ...peaks } : {}),
    });
  }
}

/** The second engine's share of the first's; the median is taken over the rounds' own ratios. */
function reportRatios(
  name: BenchmarkName,
  { size, batch }: Comparison,
  [base, other]: readonly [Measurement, Measurement],
  [basePeaks, otherPeaks]: readonly Peaks[],
): void {
  const { targets }: BenchmarkEntry = BENCHMARKS[name];
  const [baseSeconds, otherSeconds] = [secondsOf(name, base.rounds), secondsOf(name, other.rounds)];
  print({
    name,
    size,
    batch,
    ratio: `${other.engine} / ${base.engine}`,
    min: rounded(Math.min(...otherSeconds) / Math.min(...baseSeconds)),
    median: rounded(median(quotients(otherSeconds, baseSeconds))),
    medianCpu: rounded(median(quotients(cpuOf(other.rounds), cpuOf(base.rounds)))),
    peakRss: rounded(otherPeaks!.peakRssMb / basePeaks!.peakRssMb),
    laterPeakRss: rounded(otherPeaks!.laterPeakRssMb / basePeaks!.laterPeakRssMb),
    ...(size === 'full' ? { target: targets[base.engine] } : {}),
  });
}

const secondsOf = (part: string, runs: readonly TimedRun[]): number[] => runs.map(({ seconds }) => seconds[part]!);
const cpuOf = (runs: readonly TimedRun[]): number[] => runs.map(({ cpu }) => cpu);

const quotients = (dividends: readonly number[], divisors: readonly number[]): number[] =>
  dividends.map((dividend, i) => dividend / divisors[i]!);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

const print = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
