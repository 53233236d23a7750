/** @file `rsd-infer`: restores images with a student or a teacher. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Argv } from 'yargs';
import { STEP_SAMPLERS } from '../diffusion/step_samplers.js';
import { parseDevice, selectDevice } from '../engine/device.js';
import type { EngineKind } from '../engine/types.js';
import { UserError } from '../errors/user_error.js';
import { ALPHA_MODES, BLENDS, COLOR_FIXES, DEFAULT_BATCH, DEFAULT_SEED, DEFAULT_TILE } from '../restore/defaults.js';
import { checkQuality, OUTPUT_FORMATS } from '../restore/file_formats.js';
import { restoreJobs } from '../restore/input_files.js';
import type { Restorer } from '../restore/restorer.js';
import { Shutdown } from '../training/shutdown.js';
import { createParser, parseArguments } from './arguments.js';
import { outputFormatOf, restoreFiles, type OutputOptions } from './infer_files.js';
import { createLogger, logArguments, type Logger } from './log.js';

const USAGE = `$0 --weights FILE --input PHOTOS --output FOLDER

Enlarges and restores PNG, JPEG, WebP, TIFF and AVIF images; writes FOLDER/<name>.png. The weights are a
model file of rsd-train or rsd-export, which needs nothing else, or official weights (.pth, .safetensors),
which need --autoencoder or --config. What is there already is not restored again: an interrupted run goes
on with the same command.`;

const ENGINES: readonly EngineKind[] = ['compiled', 'eager'];

const EXIT_SOME_FAILED = 1;

/** What `--match-release` decides itself. */
const DECIDED_BY_RELEASE = ['format', 'quality', 'strip', 'alpha', 'color-fix'];

function createInferParser() {
  return createParser('rsd-infer', USAGE)
    .parserConfiguration({ 'duplicate-arguments-array': true })
    .options({
      weights: { type: 'string', demandOption: true, requiresArg: true, describe: 'student or teacher' },
      input: {
        type: 'string',
        array: true,
        demandOption: true,
        requiresArg: true,
        describe: 'images, folders of images, glob patterns',
      },
      output: { type: 'string', demandOption: true, requiresArg: true, describe: 'folder for the restored images' },
      autoencoder: { type: 'string', requiresArg: true, describe: "autoencoder file instead of the weights' own" },
      config: {
        type: 'string',
        requiresArg: true,
        describe: 'run file or official YAML file that describes official weights',
      },
      steps: {
        type: 'number',
        requiresArg: true,
        describe:
          'steps of a teacher; 1 takes its first estimate, which is how official SinSR students run. A student: 1, or all it was trained at',
        defaultDescription: 'all of a teacher, 1 of a student',
      },
      sampler: {
        choices: STEP_SAMPLERS,
        default: STEP_SAMPLERS[0],
        describe: 'how several steps are made: ResShift, or SinSR without noise',
      },
      seed: { type: 'number', requiresArg: true, describe: 'of the noise', defaultDescription: `${DEFAULT_SEED}` },
      recursive: { type: 'boolean', default: false, describe: 'folders inside folders too, mirrored in the output' },
      overwrite: { type: 'boolean', default: false, describe: 'restore again what is there already' },
    })
    .options({
      format: { choices: OUTPUT_FORMATS, describe: 'of the results', defaultDescription: 'png' },
      quality: {
        type: 'number',
        requiresArg: true,
        describe: 'of JPEG, WebP, AVIF, 1 to 100',
        defaultDescription: '95, 90, 80',
      },
      strip: { type: 'boolean', describe: 'drop metadata and profile (colours become sRGB)' },
      alpha: { choices: ALPHA_MODES, describe: 'how transparency is enlarged', defaultDescription: ALPHA_MODES[0] },
      'color-fix': {
        choices: COLOR_FIXES,
        describe: "take over the input's colours",
        defaultDescription: COLOR_FIXES[0],
      },
      'match-release': {
        type: 'boolean',
        conflicts: DECIDED_BY_RELEASE,
        describe: 'read and write as the RSD release: JPEG stays JPEG (quality 95), 8-bit RGB, no metadata',
      },
    })
    .options({
      tile: {
        type: 'number',
        requiresArg: true,
        describe: 'side of the tiles larger images are cut into, input pixels; 0: never cut',
        defaultDescription: `${DEFAULT_TILE}`,
      },
      overlap: {
        type: 'number',
        requiresArg: true,
        describe: 'pixels neighbouring tiles share',
        defaultDescription: 'tile / 8',
      },
      blend: { choices: BLENDS, default: BLENDS[0], describe: 'overlaps: plain average, or fading without seams' },
      batch: {
        type: 'number',
        requiresArg: true,
        describe: 'tiles at a time',
        defaultDescription: `${DEFAULT_BATCH}`,
      },
      device: { type: 'string', default: 'cpu', requiresArg: true, describe: 'cpu or cuda:N' },
      engine: { choices: ENGINES, default: ENGINES[0]!, describe: 'one graph, or op by op' },
      ...logArguments,
    })
    .example('$0 --weights runs/realsr/student.safetensors --input photos --output restored', 'one step a tile')
    .example(
      '$0 --weights SinSR_v1.pth --autoencoder autoencoder_vq_f4.pth --steps 1 --input photos --output restored',
      'a student of SinSR',
    )
    .example('$0 --weights ema_model.pth --config RSD.yaml --input photo.jpg --output restored', 'as a release has it')
    .example("$0 --weights student.safetensors --input 'scans/**/*.tif' --format tiff --output out", '16 bits stay so')
    .epilogue('Exits with 1 if some images could not be restored, 2 after bad input, 130 or 143 when stopped.');
}

type Options<P> = P extends Argv<infer T> ? T : never;
type InferOptions = Options<ReturnType<typeof createInferParser>>;

/** Runs the program; see `--help`. Answers 1 if some images could not be restored. */
export async function main(argv: string[]): Promise<number> {
  const args = await parseArguments(createInferParser(), argv);
  if (!args) return 0;
  refuseRepeated(args);
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  const options = outputOptions(args);
  const jobs = await restoreJobs(args.input, {
    outputFolder: await checkFolder(args.output),
    recursive: args.recursive,
    extensionOf: (input) => outputFormatOf(input, options).extension,
  });
  const open = args.overwrite ? jobs : jobs.filter(({ output }) => !existsSync(output));
  if (open.length < jobs.length)
    log.info(`${jobs.length - open.length} of ${jobs.length} are there already (--overwrite restores them again)`);
  if (open.length === 0) return 0;

  selectDevice(parseDevice(args.device));
  const restorer = await loadRestorer(args, log);
  const stop = new AbortController();
  const shutdown = new Shutdown(() => {
    log.warn('stopping: nothing half-done will be written (Ctrl-C again ends at once)');
    stop.abort();
  });
  try {
    const { restored, failures } = await restoreFiles(restorer, open, options, log, stop.signal);
    for (const failure of failures) log.error(failure.message);
    log.info(`${restored} of ${open.length} restored into ${args.output}`);
    if (shutdown.exitCode !== undefined) {
      log.info('stopped; the same command goes on with the rest');
      return shutdown.exitCode;
    }
    return failures.length > 0 ? EXIT_SOME_FAILED : 0;
  } finally {
    shutdown.dispose();
    restorer.dispose();
  }
}

/** Options that are lists by nature. */
const LISTS = new Set(['input', '_']);

function refuseRepeated(args: InferOptions): void {
  for (const [name, value] of Object.entries(args)) {
    if (!Array.isArray(value) || LISTS.has(name)) continue;
    throw new UserError('given more than once', { key: `--${name}`, found: value.join(', ') });
  }
}

function outputOptions(args: InferOptions): OutputOptions {
  const { format = OUTPUT_FORMATS[0], quality, strip, alpha, 'color-fix': colorFix } = args;
  checkQuality(quality, format);
  return { format, quality, strip, alpha, colorFix, asRelease: args['match-release'] };
}

async function checkFolder(output: string): Promise<string> {
  const found = await stat(output).catch(() => undefined);
  if (!found || found.isDirectory()) return output;
  throw new UserError('not a folder', { file: output, key: '--output', expected: 'a folder, which need not exist' });
}

async function loadRestorer(args: InferOptions, log: Logger): Promise<Restorer> {
  // TensorFlow looks at the selected device when it is first imported.
  const [{ createRestorer }, { loadModel }] = await Promise.all([
    import('../restore/restorer.js'),
    import('../restore/load_model.js'),
  ]);
  const { weights, autoencoder, config, steps, sampler, seed, tile, overlap, blend, batch, engine } = args;
  const model = await loadModel({ weights, autoencoder, config }, ({ mapping = [] }) => {
    for (const line of mapping) log.info(line);
  });
  log.debug({ ...model.extra }, `${weights} is a ${model.kind}`);
  if (model.assumed?.length) log.info(`${weights} does not say, so it was assumed: ${model.assumed.join(', ')}`);
  if (model.assumed && model.kind === 'teacher' && steps === undefined) {
    log.info(`${weights} is run as a teacher in ${model.diffusion!.steps} steps; a student of SinSR needs --steps 1`);
  }
  const options = { steps, sampler, seed: checkSeed(seed), tile, overlap, blend, batch };
  return createRestorer({ model, engine: { kind: engine }, ...options });
}

function checkSeed(seed: number | undefined): number | undefined {
  if (seed === undefined || (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) return seed;
  throw new UserError('impossible seed', {
    key: '--seed',
    expected: 'a whole number from 0 to 4294967295',
    found: `${seed}`,
  });
}
