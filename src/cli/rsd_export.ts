/** @file `rsd-export`: the trained student of a run as one file that `rsd-infer` runs. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors/user_error.js';
import { exportCheckpoint, type WhichCheckpoint } from '../export/from_checkpoint.js';
import { createParser, parseArguments } from './arguments.js';
import { createLogger, logArguments } from './log.js';

const USAGE = `$0 --checkpoint RUN --output FILE

Writes the EMA weights of a run as one safetensors file with official parameter names and layout, its configs in the
header and the autoencoder beside the student, so that rsd-infer needs nothing else.`;

/** Runs the program; see `--help`. */
export async function main(argv: string[]): Promise<number> {
  const parser = createParser('rsd-export', USAGE)
    .options({
      checkpoint: { type: 'string', demandOption: true, describe: 'run folder, or one checkpoint in it' },
      output: { type: 'string', demandOption: true, describe: 'safetensors file to write' },
      which: {
        type: 'string',
        describe: 'latest, best (by validation), or an iteration',
        defaultDescription: 'latest',
      },
      autoencoder: {
        type: 'string',
        describe: 'autoencoder file; --no-autoencoder leaves it out',
        defaultDescription: "the run's",
      },
      half: { type: 'boolean', default: false, describe: 'round weights to half precision: half the size' },
      overwrite: { type: 'boolean', default: false, describe: 'replace an existing output file' },
      ...logArguments,
    })
    .example('$0 --checkpoint runs/realsr --output student.safetensors', 'newest checkpoint of a run')
    .example('$0 --checkpoint runs/realsr --which best --output best.safetensors', 'the best by validation');
  const args = await parseArguments(parser, argv);
  if (!args) return 0;
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  const { checkpoint, output, overwrite } = args;
  if (existsSync(output) && !overwrite) {
    throw new UserError('the file exists', { file: output, remedy: 'Choose another --output, or add --overwrite' });
  }
  // `--no-autoencoder` arrives as false whatever the option's type.
  const autoencoder = args.autoencoder as string | false | undefined;
  const { folder, iteration, model } = await exportCheckpoint({
    checkpoint,
    which: parseWhich(args.which),
    output,
    autoencoder,
    half: args.half,
  });
  const parts = [model.unet && model.kind, model.autoencoder && 'autoencoder'].filter(Boolean).join(' with ');
  log.info(
    { checkpoint: folder, iteration, parameters: parameterCount(model.unet?.tree ?? model.autoencoder!.tree) },
    `wrote ${output}: ${parts}`,
  );
  return 0;
}

function parseWhich(text: string | undefined): WhichCheckpoint | undefined {
  if (text === undefined || text === 'latest' || text === 'best') return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UserError('no such choice', { key: '--which', expected: 'latest, best, or an iteration', found: text });
}

function parameterCount(tree: ReadonlyMap<string, { data: ArrayLike<number> }>): number {
  return [...tree.values()].reduce((sum, { data }) => sum + data.length, 0);
}
