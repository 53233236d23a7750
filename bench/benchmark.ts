/** @file What a benchmark is: a case set up for one engine, that can be run again and again. */
import type { EngineKind, Engine } from '../src/engine/types.js';
import type { Size } from './sizes.js';

/** Who runs a case: one of our engines, the compiled one with `train.recompute`, or the PyTorch version (`bench/pytorch`). */
export type Runner = EngineKind | 'recompute' | 'pytorch';

/** One configuration to measure. */
export interface Case {
  readonly size: Size;
  readonly batch: number;
  /** `train.recompute`; only a benchmark of a method's iteration heeds it. */
  readonly recompute?: boolean;
}

/** Seconds by what was timed: the benchmark's own name, and parts of it if it has any. */
export type Seconds = Readonly<Record<string, number>>;

/** A benchmark's code in the process that runs one case. */
export interface Benchmark {
  /** Sets the case up on a fresh engine; each call of the result is one timed run. */
  prepare(engine: Engine, measured: Case): Promise<() => Promise<Seconds>>;
}

/** Most that the runner compared may need, as a share of the base: the project's own demand at full size. */
export interface Target {
  readonly median: number;
  readonly peakRss?: number;
}

/** What the command line knows of a benchmark. */
export interface BenchmarkEntry {
  readonly describe: string;
  /** Engines that are compared, in the order they take turns. */
  readonly engines: readonly EngineKind[];
  /** By the runner that is the base of the comparison; `compiled` is the base of `recompute`. */
  readonly targets: Readonly<Partial<Record<Runner, Target>>>;
  load(): Promise<Benchmark>;
}

const AGAINST_PYTORCH: Target = { median: 0.85, peakRss: 1 };

/** All benchmarks by name. */
export const BENCHMARKS = {
  step: {
    describe: 'a plain training step of the U-Net: forward, MSE, backward, AdamW, EMA',
    engines: ['eager', 'compiled'],
    targets: { eager: { median: 0.55, peakRss: 0.5 }, pytorch: AGAINST_PYTORCH },
    load: async () => (await import('./step.js')).step,
  },
  forward: {
    describe: "the U-Net's forward pass; compiled with the weights as constants",
    engines: ['eager', 'compiled'],
    targets: { eager: { median: 0.55 }, pytorch: AGAINST_PYTORCH },
    load: async () => (await import('./forward.js')).forward,
  },
  'rsd-iteration': {
    describe: 'a whole RSD iteration: K=1 fake update with GAN, one student update with GAN and LPIPS',
    engines: ['compiled'],
    targets: { pytorch: AGAINST_PYTORCH, compiled: { median: 1.35, peakRss: 0.65 } },
    load: async () => (await import('./rsd_iteration.js')).rsdIteration,
  },
} as const satisfies Record<string, BenchmarkEntry>;

export type BenchmarkName = keyof typeof BENCHMARKS;
export const BENCHMARK_NAMES = Object.keys(BENCHMARKS) as BenchmarkName[];

/** Seconds that `run` takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}
