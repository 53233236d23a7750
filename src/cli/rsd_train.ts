/** @file `rsd-train`: trains a student (or a teacher, or an autoencoder) from a run file; the same command resumes. */
import path from 'node:path';
import { missingPaths } from '../config/paths.js';
import type { RunConfig } from '../config/schema.js';
import { parseDevice, selectDevice } from '../engine/device.js';
import { UserError } from '../errors.js';
import { createParser, parseArguments } from './arguments.js';
import { createLogger, logArguments } from './log.js';

const parser = () =>
  createParser(
    'rsd-train',
    'Usage: $0 --config realsr.yaml --out runs/realsr\n\nTrains what the run file says. The same command again resumes from the newest checkpoint.',
  )
    .parserConfiguration({ 'duplicate-arguments-array': true, 'greedy-arrays': false })
    .options({
      config: {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'run file: a path, or the name of one that ships in configs/',
      },
      out: { type: 'string', requiresArg: true, describe: 'run folder; default runs/<name of the run file>' },
      set: {
        type: 'string',
        array: true,
        default: [] as string[],
        requiresArg: true,
        describe: 'set a key, e.g. --set train.iterations=10; repeatable',
      },
      device: { type: 'string', default: 'cpu', requiresArg: true, describe: 'cpu, cuda or cuda:N' },
      engine: {
        choices: ['compiled', 'eager'] as const,
        requiresArg: true,
        describe: 'the same as --set engine.kind=...',
      },
      ...logArguments,
    })
    .example('$0 --config realsr.yaml --device cuda:0', 'distil the official teacher on the first GPU')
    .example('$0 --config realsr.yaml --set seed=77 --set train.batch=16', 'change keys of the run file')
    .epilogue(
      'SIGINT (Ctrl-C) and SIGTERM finish the iteration, save and exit with 130 or 143. Bad input exits with 2.',
    );

/** Every file that is missing in one message, before TensorFlow takes its seconds to start. */
function requireFiles(file: string, config: RunConfig): void {
  const missing = missingPaths(config).map(({ key, path: missed }) => `${key} (${missed})`);
  if (missing.length === 0) return;
  throw new UserError(`no such file or folder: ${missing.join(', ')}`, {
    file,
    remedy: 'Correct the run file or use --set',
  });
}

/** Runs the program; returns its exit code. */
export async function main(argv: string[]): Promise<number> {
  const options = await parseArguments(parser(), argv);
  if (!options) return 0;
  const { loadRunConfig } = await import('../config/load.js');
  const overrides = [...options.set, ...(options.engine ? [`engine.kind=${options.engine}`] : [])];
  const { config, file } = await loadRunConfig(options.config, overrides);
  requireFiles(file, config);
  const { growth, capMb } = config.engine.memory;
  selectDevice(parseDevice(options.device), { growth, capMb, deterministic: config.engine.deterministic });
  const log = createLogger({ format: options['log-format'], level: options['log-level'] });
  const { train } = await import('../training/trainer.js');
  const out = options.out ?? path.join('runs', path.basename(file, path.extname(file)));
  log.info(`run file ${file}, run folder ${out}, device ${options.device}`);
  const { exitCode } = await train({ config, out, log });
  return exitCode;
}
