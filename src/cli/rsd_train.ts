/** @file `rsd-train`: trains a student (or a teacher, or an autoencoder) from a run file; the same command resumes. */
import path from 'node:path';
import type { LoadedRun } from '../config/load.js';
import { officialSummary, officialWarnings } from '../config/official/mapping_text.js';
import { missingPaths } from '../config/paths.js';
import { parseDevice, selectDevice } from '../engine/device.js';
import { UserError } from '../errors/user_error.js';
import { createParser, parseArguments } from './arguments.js';
import { createLogger, logArguments, type Logger } from './log.js';

const parser = () =>
  createParser(
    'rsd-train',
    'Usage: $0 --config realsr.yaml --out runs/realsr\n\nTrains what the run file says, ours or an official one (RSD.yaml, SinSR.yaml, realsr_*.yaml). The same command again resumes from the newest checkpoint.',
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
      'print-config': {
        type: 'boolean',
        default: false,
        describe: 'print the resolved run, and for an official file what became of each key, and exit',
      },
      'dry-run': {
        type: 'boolean',
        default: false,
        describe: 'print what the run would take in memory and time, and whether it fits, and exit',
      },
      measure: {
        type: 'boolean',
        default: true,
        describe: 'with --dry-run: time a step, which takes a minute or more; --no-measure does not',
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
    .example('$0 --config RSD.yaml --dry-run', 'memory and time of the run on this machine; no weight files are needed')
    .example('$0 --config RSD.yaml --print-config', 'an official file: what each of its keys means here')
    .example('$0 --config realsr.yaml --set seed=77 --set train.batch=16', 'change keys of the run file')
    .epilogue(
      'SIGINT (Ctrl-C) and SIGTERM finish the iteration, save and exit with 130 or 143. Bad input exits with 2, and so does a dry run that does not fit.',
    );

/** Every file that is missing in one message, before TensorFlow takes its seconds to start. */
function requireFiles({ file, config, lookedIn }: LoadedRun): void {
  const missing = missingPaths(config).map(({ key, path: missed }) => `${key} (${missed})`);
  if (missing.length === 0) return;
  throw new UserError(`no such file or folder: ${missing.join(', ')}`, {
    file,
    remedy: `Relative paths were looked up in ${lookedIn.join(', ')}. Correct the run file or use --set`,
  });
}

/** What a user of an official file has to know before days of training. */
function logOfficial(log: Logger, { official }: LoadedRun): void {
  if (!official) return;
  log.info(`${officialSummary(official)} (--print-config lists them)`);
  for (const warning of officialWarnings(official)) log.warn(warning);
}

/** Runs the program; returns its exit code. */
export async function main(argv: string[]): Promise<number> {
  const options = await parseArguments(parser(), argv);
  if (!options) return 0;
  const { loadRunConfig, runPlanYaml } = await import('../config/load.js');
  const overrides = [...options.set, ...(options.engine ? [`engine.kind=${options.engine}`] : [])];
  const loaded = await loadRunConfig(options.config, overrides);
  if (options['print-config']) {
    process.stdout.write(runPlanYaml(loaded));
    return 0;
  }
  const { config, file } = loaded;
  if (!options['dry-run']) requireFiles(loaded);
  const { growth, capMb } = config.engine.memory;
  selectDevice(parseDevice(options.device), { growth, capMb, deterministic: config.engine.deterministic });
  const out = options.out ?? path.join('runs', path.basename(file, path.extname(file)));
  if (options['dry-run']) {
    const { dryRun } = await import('../plan/dry_run.js');
    const to = (stream: NodeJS.WriteStream) => (line: string) => void stream.write(`${line}\n`);
    const missing = missingPaths(config);
    const { measure } = options;
    return dryRun({ config, out, missing, measure, print: to(process.stdout), progress: to(process.stderr) });
  }
  const log = createLogger({ format: options['log-format'], level: options['log-level'] });
  const { train } = await import('../training/trainer.js');
  logOfficial(log, loaded);
  log.info(`run file ${file}, run folder ${out}, device ${options.device}`);
  const { exitCode } = await train({ config, out, log });
  return exitCode;
}
