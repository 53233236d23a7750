/** @file `npx tsx scripts/study.ts`: distils the shipped tiny teacher by every method and seed, and measures what came out. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createParser, parseArguments } from '../src/cli/arguments.js';
import { runMain } from '../src/cli/run_main.js';
import { UserError } from '../src/errors/user_error.js';

const CONTENDERS = [
  ...['rsd', 'rsd-distill-only', 'vsd', 'sid', 'sinsr'],
  ...['rsd-k5', 'rsd-distill-only-k5', 'rsd-n1', 'rsd-n15'],
];
const FOLDER = path.relative('', fileURLToPath(new URL('../configs/study', import.meta.url)));

async function main(argv: string[]): Promise<number> {
  const parser = createParser(
    'npx tsx scripts/study.ts',
    'Usage: $0 [options]\n\nTrains each contender with each seed, one run after another, then measures all students on held-out photos. The same command again goes on where it was stopped. Writes results.json and table.md.',
  )
    .parserConfiguration({ 'duplicate-arguments-array': true, 'greedy-arrays': false })
    .options({
      out: { type: 'string', default: 'runs/study', requiresArg: true, describe: 'folder of the study' },
      config: {
        type: 'string',
        array: true,
        default: CONTENDERS.map((name) => path.join(FOLDER, `${name}.yaml`)),
        defaultDescription: `all of ${FOLDER}`,
        requiresArg: true,
        describe: 'run file of a contender; repeatable',
      },
      seed: {
        type: 'number',
        array: true,
        default: [1, 2, 3],
        requiresArg: true,
        describe: 'seed of a run of each contender; repeatable',
      },
      seconds: {
        type: 'number',
        requiresArg: true,
        describe: 'train for so long, instead of the run file’s number of iterations',
      },
      side: { type: 'number', default: 384, requiresArg: true, describe: 'side of the held-out centre crops, pixels' },
      set: {
        type: 'string',
        array: true,
        default: [] as string[],
        requiresArg: true,
        describe: 'set a key of every run, e.g. --set train.iterations=2; repeatable',
      },
    });
  const options = await parseArguments(parser, argv);
  if (!options) return 0;
  const { seconds } = options;
  if (seconds !== undefined && !(seconds > 0)) {
    throw new UserError('no time to train in', { key: '--seconds', expected: 'more than 0', found: `${seconds}` });
  }
  const { study } = await import('./study/run.js');
  return study({
    out: options.out,
    configs: options.config,
    seeds: options.seed,
    seconds,
    side: options.side,
    sets: options.set,
    print: console.log,
  });
}

await runMain(main, process.argv.slice(2));
