/** @file The process of one case: sets it up, then runs it once for every message, so that its peak memory is its own. */
import { createEngine } from '../src/engine/engine.js';
import type { EngineKind } from '../src/engine/types.js';
import { BENCHMARKS, type BenchmarkName, type Case, type Seconds } from './benchmark.js';
import { forgetPeak, peakRssMb } from './peak_memory.js';

/** What the parent asks for: a run, or the end. */
export type Request = 'run' | 'end';

/** The answers: set up; one run; the end. */
export type Answer =
  { readonly kind: 'ready' } | ({ readonly kind: 'run' } & TimedRun) | { readonly kind: 'end'; readonly peaks: Peaks };

/** What one run took. */
export interface TimedRun {
  /** By the clock. */
  readonly seconds: Seconds;
  /** Processor seconds of all threads, user and system. */
  readonly cpu: number;
}

/** Peak resident memory, MiB. */
export interface Peaks {
  /** Of the whole process: set-up, compiling, every run. */
  readonly peakRssMb: number;
  /** Of the runs after the first. */
  readonly laterPeakRssMb: number;
}

const answer = (message: Answer): void => {
  process.send!(message);
};

const [name, json, kind] = process.argv.slice(2) as [BenchmarkName, string, EngineKind];
const engine = createEngine({ kind });
const run = await (await BENCHMARKS[name].load()).prepare(engine, JSON.parse(json) as Case);

let firstPeak: number | undefined;

// The weights on the JavaScript heap are garbage now; a training, too, sheds them before long.
globalThis.gc?.();

process.on('message', (request: Request) => {
  void respond(request);
});
answer({ kind: 'ready' });

async function respond(request: Request): Promise<void> {
  if (request === 'run') {
    const before = process.cpuUsage();
    const seconds = await run();
    const { user, system } = process.cpuUsage(before);
    if (firstPeak === undefined) {
      firstPeak = peakRssMb();
      globalThis.gc?.();
      forgetPeak();
    }
    answer({ kind: 'run', seconds, cpu: (user + system) / 1e6 });
    return;
  }
  const laterPeakRssMb = peakRssMb();
  answer({ kind: 'end', peaks: { peakRssMb: Math.max(firstPeak!, laterPeakRssMb), laterPeakRssMb } });
  engine.dispose();
  process.disconnect();
}
