/** @file `rsd-weights`: lists weight files, and converts them between `.pth` and safetensors. */
import { existsSync } from 'node:fs';
import { UserError } from '../errors/user_error.js';
import { inspectWeights, type GuessedModel, type Inspection, type ListedTensor } from '../models/inspect.js';
import { formatDuration } from '../training/progress.js';
import { convertWeights } from '../weights/convert.js';
import { printable } from '../weights/printable.js';
import { CHECKPOINT_MODELS } from '../weights/weight_file.js';
import { createParser, parseArguments } from './arguments.js';
import { createLogger, logArguments } from './log.js';
import { runSubcommand } from './subcommands.js';

const USAGE = `$0 <command>

Looks into weight files and converts them: .pth of PyTorch (zip or legacy) and .safetensors.
Nothing in a file is ever executed; a file that asks for anything but tensors is refused.
docs/weights.md says which official file goes where.`;

const INSPECT_USAGE = `$0 FILE

Prints key, shape, number format and size of every tensor, the totals, and which network it is.
The tensors themselves are not read: a file of any size is listed at once.`;

const CONVERT_USAGE = `$0 IN OUT

Copies the tensors of one network into a new file; its ending says the format (.pth or .safetensors).
Names become the official ones (nesting and prefixes of wrappers removed); numbers keep their format
and bits unless --half is given. One tensor is held at a time. PyTorch loads the .pth with weights_only=True.`;

/** Seconds between two lines about one conversion. */
const REPORT_EVERY = 5;

/** Runs the program; see `--help`. */
export function main(argv: string[]): Promise<number> {
  return runSubcommand(
    {
      name: 'rsd-weights',
      usage: USAGE,
      commands: {
        inspect: { usage: 'inspect FILE', describe: 'list tensors and networks', run: inspect },
        convert: {
          usage: 'convert IN OUT',
          describe: 'between .pth and .safetensors, or to half precision',
          run: convert,
        },
      },
      examples: [
        ['$0 inspect resshift_realsrx4_s15_v1.pth', 'what is it?'],
        ['$0 convert model_3000.pth student.safetensors --model student', 'one network of a training checkpoint'],
      ],
    },
    argv,
  );
}

async function inspect(argv: string[]): Promise<number> {
  const parser = createParser('rsd-weights inspect', INSPECT_USAGE)
    .options({
      json: { type: 'boolean', default: false, describe: 'one JSON object with everything, for programs' },
      keys: { type: 'string', describe: 'list only keys that contain this text; * stands for any characters' },
    })
    .demandCommand(1, 1, 'name one file', 'name one file')
    .example('$0 autoencoder_vq_f4.pth', 'all tensors')
    .example("$0 model_3000.pth --keys 'state_dict.fake.*attn'", 'some of a training checkpoint')
    .example("$0 SinSR_v1.pth --json | jq '.models[0].config'", 'the config its shapes tell');
  const args = await parseArguments(parser, argv);
  if (!args) return 0;
  const found = await inspectWeights(String(args._[0]));
  const shown = args.keys === undefined ? found.tensors : found.tensors.filter(matching(args.keys));
  process.stdout.write(
    args.json ? `${JSON.stringify({ ...found, tensors: shown }, null, 2)}\n` : `${report(found, shown).join('\n')}\n`,
  );
  return 0;
}

function matching(pattern: string): (tensor: ListedTensor) => boolean {
  const pieces = pattern.split('*');
  return ({ key }) => {
    let at = 0;
    return pieces.every((piece) => {
      const found = key.indexOf(piece, at);
      at = found + piece.length;
      return found >= 0;
    });
  };
}

function report({ file, format, size, metadata, tensors, totals, models }: Inspection, shown: readonly ListedTensor[]) {
  const rows = shown.map(({ key, shape, dtype, bytes }) => [
    printable(key),
    `[${printable(shape.join(', '))}]`,
    dtype,
    readable(bytes),
  ]);
  const strings = Object.entries(metadata).map(([key, value]) => `  ${printable(key)}: ${printable(value)}`);
  return [
    ...table([['key', 'shape', 'dtype', 'size'], ...rows]),
    '',
    ...(shown.length < tensors.length ? [`${shown.length} of ${tensors.length} tensors listed`] : []),
    `${printable(file)}: ${format}, ${readable(size)}`,
    `${totals.tensors} tensors, ${grouped(totals.numbers)} numbers, ${readable(totals.bytes)}`,
    ...(strings.length > 0 ? ['metadata:', ...strings] : []),
    ...(models.length > 0 ? models.flatMap(modelLines) : ['no network of this package, ResShift, SinSR or RSD']),
  ];
}

function modelLines({ where, description, parameters, config, assumed, problem }: GuessedModel): string[] {
  return [
    `${where === '' ? 'model' : printable(where.slice(0, -1))}: ${description}, ${grouped(parameters)} parameters`,
    ...(config ? [`  config by its shapes: ${JSON.stringify(config)}`] : []),
    ...(assumed ? [`  not told by shapes, assumed: ${assumed.join(', ')}`] : []),
    ...(problem === undefined ? [] : [`  problem: ${problem}`]),
  ];
}

/** Columns side by side, the last one to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => rows.reduce((most, row) => Math.max(most, row[column]!.length), 0));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  '),
  );
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function readable(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

async function convert(argv: string[]): Promise<number> {
  const parser = createParser('rsd-weights convert', CONVERT_USAGE)
    .options({
      model: {
        choices: CHECKPOINT_MODELS,
        describe: 'network of an RSD training checkpoint',
        defaultDescription: CHECKPOINT_MODELS[0],
      },
      half: {
        type: 'boolean',
        default: false,
        describe: 'round floating-point numbers to half precision: half the size',
      },
      overwrite: { type: 'boolean', default: false, describe: 'replace an existing output file' },
      ...logArguments,
    })
    .demandCommand(2, 2, 'name two files: IN OUT', 'name two files: IN OUT')
    .example('$0 ema_model_2800.pth student.safetensors', 'for tools that read safetensors')
    .example('$0 runs/realsr/student.safetensors student.pth', 'for PyTorch')
    .example('$0 model_3000.pth fake.pth --model fake --half', 'one network of a training checkpoint, half the size');
  const args = await parseArguments(parser, argv);
  if (!args) return 0;
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  const [from, to] = args._.map(String) as [string, string];
  if (existsSync(to) && !args.overwrite) {
    throw new UserError('the file exists', { file: to, remedy: 'Choose another name, or add --overwrite' });
  }
  const begin = performance.now();
  let reported = 0;
  const { tensors, numbers, droppedMetadata } = await convertWeights(from, to, {
    model: args.model,
    half: args.half,
    onProgress: (done, total) => {
      const seconds = (performance.now() - begin) / 1000;
      if (seconds - reported < REPORT_EVERY || done === total) return;
      reported = seconds;
      const left = (seconds / done) * (total - done);
      log.info(`${Math.floor((100 * done) / total)} %, ETA ${formatDuration(left)}`);
    },
  });
  if (droppedMetadata.length > 0) {
    log.warn(`a .pth file has no place for the header's strings: ${droppedMetadata.map(printable).join(', ')}`);
  }
  log.info(`wrote ${to}: ${tensors} tensors, ${grouped(numbers)} numbers`);
  return 0;
}
