/** @file `npm run bench`: speed and memory, the engines side by side in one run; results are JSON lines. */
import { createParser, parseArguments } from '../src/cli/arguments.js';
import { runMain } from '../src/cli/run_main.js';
import type { EngineKind } from '../src/engine/types.js';
import { BENCHMARK_NAMES, BENCHMARKS, type BenchmarkName, type Runner } from './benchmark.js';
import { compare } from './compare.js';
import { benchmarkData, DEGRADATIONS, type DataBenchmark } from './data.js';
import { SIZES, type Size } from './sizes.js';

const USAGE = `Usage: $0 <benchmark> [--size full]

${BENCHMARK_NAMES.map((name) => `${name}: ${BENCHMARKS[name].describe}`).join('\n')}
data: from JPEG files to training pairs, on the host and the compiled engine: stages, throughput, memory`;

const parser = () =>
  createParser('npm run bench --', USAGE)
    .command('$0 <benchmark>', false, (command) =>
      command.positional('benchmark', { choices: [...BENCHMARK_NAMES, 'data'], demandOption: true }),
    )
    .options({
      size: { choices: SIZES, default: 'tiny' as const, describe: 'the shipped tiny networks, or the official ones' },
      batch: { type: 'number', default: 1, describe: 'images of one run' },
      rounds: { type: 'number', default: 10, describe: 'timed runs of each engine, taking turns' },
      engine: {
        choices: ['eager', 'compiled'] as const,
        conflicts: 'pytorch',
        describe: 'measure one engine alone',
      },
      recompute: {
        type: 'boolean',
        conflicts: ['engine', 'pytorch'],
        describe: 'rsd-iteration: compare train.recompute with keeping every activation',
      },
      degradation: { choices: DEGRADATIONS, default: 'realesrgan' as const, describe: 'of the benchmark data' },
      workers: { type: 'number', default: 2, describe: 'threads that prepare batches, of the benchmark data' },
      pytorch: {
        type: 'string',
        describe: 'compare compiled with PyTorch: the interpreter of an environment made by bench/pytorch/setup.sh',
      },
    });

interface BenchOptions {
  readonly benchmark: BenchmarkName | 'data';
  readonly size: Size;
  readonly batch: number;
  readonly rounds: number;
  readonly engine?: EngineKind;
  readonly recompute?: boolean;
  readonly pytorch?: string;
  readonly degradation: DataBenchmark['degradation'];
  readonly workers: number;
}

async function main(argv: string[]): Promise<number> {
  const parsed = await parseArguments(parser(), argv);
  if (!parsed) return 0;
  const options = parsed as unknown as BenchOptions;
  const { benchmark, size, batch, rounds, pytorch, degradation, workers } = options;
  if (benchmark === 'data') {
    await benchmarkData({ size, batch, rounds, degradation, workers });
    return 0;
  }
  await compare(benchmark, { size, batch, rounds, engines: runners(benchmark, options), python: pytorch });
  return 0;
}

function runners(benchmark: BenchmarkName, { engine, recompute, pytorch }: BenchOptions): readonly Runner[] {
  if (pytorch) return ['pytorch', 'compiled'];
  if (recompute) return ['compiled', 'recompute'];
  return engine ? [engine] : BENCHMARKS[benchmark].engines;
}

await runMain(main, process.argv.slice(2));
