/** @file `npx tsx bench/timeline.ts`: where a benchmark's time goes on the compiled engine, by operation. */
import { createParser, parseArguments } from '../src/cli/arguments.js';
import { runMain } from '../src/cli/run_main.js';
import { BENCHMARK_NAMES, BENCHMARKS, type BenchmarkName } from './benchmark.js';
import { traceRuns, type TracedOperation } from './run_trace.js';
import { SIZES, type Size } from './sizes.js';

const parser = () =>
  createParser('npx tsx bench/timeline.ts', 'Usage: $0 <benchmark> [--size full]')
    .command('$0 <benchmark>', false, (command) =>
      command.positional('benchmark', { choices: BENCHMARK_NAMES, demandOption: true }),
    )
    .options({
      size: { choices: SIZES, default: 'tiny' as const, describe: 'the shipped tiny networks, or the official ones' },
      batch: { type: 'number', default: 1, describe: 'images of one run' },
      rounds: { type: 'number', default: 5, describe: 'traced runs; the quickest one of each operation counts' },
      top: { type: 'number', default: 40, describe: 'how many operations to list one by one' },
    });

interface TimelineOptions {
  readonly benchmark: BenchmarkName;
  readonly size: Size;
  readonly batch: number;
  readonly rounds: number;
  readonly top: number;
}

async function main(argv: string[]): Promise<number> {
  const options = await parseArguments(parser(), argv);
  if (!options) return 0;
  const { benchmark, size, batch, rounds, top } = options as unknown as TimelineOptions;
  const takeTrace = traceRuns();
  // Loaded only now: the engine keeps the entry point that was traced above.
  const { createEngine } = await import('../src/engine/engine.js');
  const engine = createEngine({ kind: 'compiled' });
  try {
    const run = await (await BENCHMARKS[benchmark].load()).prepare(engine, { size, batch });
    await run();
    takeTrace();
    const best = new Map<string, TracedOperation>();
    const totals: number[] = [];
    for (let round = 0; round < rounds; round++) {
      totals.push((await run())[benchmark]!);
      keepQuickest(best, takeTrace());
    }
    print(`quickest run: ${Math.min(...totals).toFixed(3)} s (traced)\n`);
    report([...best.values()], top);
  } finally {
    engine.dispose();
  }
  return 0;
}

/** Machines have other things to do: of each operation the quickest of the runs. Programs of one run share no names. */
function keepQuickest(best: Map<string, TracedOperation>, operations: readonly TracedOperation[]): void {
  for (const operation of operations) {
    const known = best.get(operation.name);
    if (!known || operation.seconds < known.seconds) best.set(operation.name, operation);
  }
}

function report(operations: readonly TracedOperation[], top: number): void {
  const total = sum(operations);
  print(`${operations.length} operations, ${total.toFixed(3)} s if run one after the other\n\n`);
  const byType = groups(operations, ({ type }) => type);
  table(byType, total, byType.length);
  print(`\nBy type and shape:\n`);
  table(
    groups(operations, ({ type, shape }) => `${type} [${shape.join(',')}]`),
    total,
    top,
  );
  print(`\nOne by one:\n`);
  table(
    groups(operations, ({ type, shape, name }) => `${type} [${shape.join(',')}] ${name}`),
    total,
    top,
  );
}

type Group = readonly [string, readonly TracedOperation[]];

/** Operations by key, most time first. */
function groups(operations: readonly TracedOperation[], key: (operation: TracedOperation) => string): Group[] {
  const grouped = new Map<string, TracedOperation[]>();
  for (const operation of operations) grouped.set(key(operation), [...(grouped.get(key(operation)) ?? []), operation]);
  return [...grouped].sort(([, a], [, b]) => sum(b) - sum(a));
}

function table(rows: readonly Group[], total: number, top: number): void {
  for (const [name, operations] of rows.slice(0, top)) {
    const seconds = sum(operations);
    const share = `${((100 * seconds) / total).toFixed(1)} %`;
    print(
      `${(1000 * seconds).toFixed(1).padStart(9)} ms ${share.padStart(7)} ${String(operations.length).padStart(5)}x  ${name}\n`,
    );
  }
}

const sum = (operations: readonly TracedOperation[]): number =>
  operations.reduce((total, { seconds }) => total + seconds, 0);

const print = (text: string): void => {
  process.stdout.write(text);
};

await runMain(main, process.argv.slice(2));
