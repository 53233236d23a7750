/** @file `rsd-infer`: restores images with a student or a teacher. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from 'yargs';
import { parseDevice, selectDevice } from '../engine/device.js';
import type { EngineKind } from '../engine/types.js';
import { UserError } from '../errors.js';
import { DEFAULT_SEED, DEFAULT_TILE, STEP_SAMPLERS } from '../restore/defaults.js';
import { restoreJobs, type RestoreJob } from '../restore/input_files.js';
import { readPicture, writePng } from '../restore/image_io.js';
import type { Restorer } from '../restore/restorer.js';
import { formatDuration } from '../training/progress.js';
import { readModelFile, type Model } from '../weights/model_file.js';
import { createParser, parseArguments } from './arguments.js';
import { createLogger, logArguments, type Logger } from './log.js';

const USAGE = `$0 --weights FILE --input PHOTOS --output FOLDER

Enlarges and restores PNG, JPEG and WebP images; writes FOLDER/<name>.png. The weights are a model file of rsd-train or
rsd-export, which needs nothing else, or official weights (.pth, .safetensors), which need --autoencoder.`;

const ENGINES: readonly EngineKind[] = ['compiled', 'eager'];

const EXIT_SOME_FAILED = 1;
/** Seconds between two lines about one image. */
const REPORT_EVERY = 10;

function createInferParser() {
  return createParser('rsd-infer', USAGE)
    .options({
      weights: { type: 'string', demandOption: true, describe: 'student or teacher' },
      input: { type: 'string', demandOption: true, describe: 'image, or folder of images' },
      output: { type: 'string', demandOption: true, describe: 'folder for the restored images' },
      autoencoder: { type: 'string', describe: "autoencoder file instead of the weights' own" },
      steps: {
        type: 'number',
        describe: 'steps of a teacher; 1 takes its first estimate (SinSR)',
        defaultDescription: 'all',
      },
      sampler: {
        choices: STEP_SAMPLERS,
        default: STEP_SAMPLERS[0],
        describe: 'how a teacher steps: ResShift, or SinSR without noise',
      },
      seed: { type: 'number', describe: 'of the noise', defaultDescription: `${DEFAULT_SEED}` },
      tile: {
        type: 'number',
        describe: 'side of the tiles larger images are cut into, input pixels; 0: never cut',
        defaultDescription: `${DEFAULT_TILE}`,
      },
      overlap: { type: 'number', describe: 'pixels neighbouring tiles share', defaultDescription: 'tile / 8' },
      device: { type: 'string', default: 'cpu', describe: 'cpu or cuda:N' },
      engine: { choices: ENGINES, default: ENGINES[0]!, describe: 'one graph, or op by op' },
      overwrite: { type: 'boolean', default: false, describe: 'restore again what is there already' },
      ...logArguments,
    })
    .example('$0 --weights runs/realsr/student.safetensors --input photos --output restored', 'one step a tile')
    .example(
      '$0 --weights SinSR_v1.pth --autoencoder autoencoder_vq_f4.pth --steps 1 --input photos --output restored',
      'official weights',
    );
}

type Options<P> = P extends Argv<infer T> ? T : never;
type InferOptions = Options<ReturnType<typeof createInferParser>>;

/** Runs the program; see `--help`. Answers 1 if some images could not be restored. */
export async function main(argv: string[]): Promise<number> {
  const args = await parseArguments(createInferParser(), argv);
  if (!args) return 0;
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  const jobs = await restoreJobs(args.input, args.output);
  const open = args.overwrite ? jobs : jobs.filter(({ output }) => !existsSync(output));
  if (open.length < jobs.length)
    log.info(`${jobs.length - open.length} of ${jobs.length} are there already (--overwrite restores them again)`);
  if (open.length === 0) return 0;

  selectDevice(parseDevice(args.device));
  const restorer = await loadRestorer(args, log);
  try {
    const failures = await restoreAll(restorer, open, log);
    for (const failure of failures) log.error(failure.message);
    log.info(`${open.length - failures.length} of ${open.length} restored into ${args.output}`);
    return failures.length > 0 ? EXIT_SOME_FAILED : 0;
  } finally {
    restorer.dispose();
  }
}

async function loadRestorer(args: InferOptions, log: Logger): Promise<Restorer> {
  // TensorFlow looks at the selected device when it is first imported.
  const { createRestorer } = await import('../restore/restorer.js');
  const { weights, autoencoder, steps, sampler, seed, tile, overlap, engine } = args;
  const model = await loadModel(weights, autoencoder);
  log.debug({ ...model.extra }, `${weights} is a ${model.kind}`);
  return createRestorer({ model, engine: { kind: engine }, steps, sampler, seed: checkSeed(seed), tile, overlap });
}

async function loadModel(weights: string, autoencoder: string | undefined): Promise<Model> {
  const model = await readModelFile(weights);
  if (autoencoder === undefined) return model;
  const other = await readModelFile(autoencoder);
  if (!other.autoencoder)
    throw new UserError('the file holds no autoencoder', { file: autoencoder, key: '--autoencoder' });
  return { ...model, autoencoder: other.autoencoder };
}

function checkSeed(seed: number | undefined): number | undefined {
  if (seed === undefined || (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) return seed;
  throw new UserError('impossible seed', {
    key: '--seed',
    expected: 'a whole number from 0 to 4294967295',
    found: `${seed}`,
  });
}

/** Restores one after another and answers what went wrong; only a bug of ours stops it. */
async function restoreAll(restorer: Restorer, jobs: readonly RestoreJob[], log: Logger): Promise<UserError[]> {
  const failures: UserError[] = [];
  const begin = performance.now();
  for (const [index, job] of jobs.entries()) {
    const name = path.basename(job.input);
    try {
      const line = await restoreOne(restorer, job, log);
      const left = ((performance.now() - begin) / 1000 / (index + 1)) * (jobs.length - index - 1);
      log.info(`${line} (${index + 1} of ${jobs.length}${left > 0 ? `, ETA ${formatDuration(left)}` : ''})`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(error);
      log.warn(`${name} failed, going on (${index + 1} of ${jobs.length})`);
    }
  }
  return failures;
}

async function restoreOne(restorer: Restorer, { input, output }: RestoreJob, log: Logger): Promise<string> {
  const name = path.basename(input);
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  const { picture, notes } = await readPicture(input);
  let reported = 0;
  const restored = await restorer.restore(picture, ({ done, total }) => {
    if (done === total || seconds() - reported < REPORT_EVERY) return;
    reported = seconds();
    log.info(
      `${name}: ${Math.floor((100 * done) / total)} %, ETA ${formatDuration((reported / done) * (total - done))}`,
    );
  });
  await writePng(output, restored);
  const sizes = `${picture.width}x${picture.height} -> ${restored.width}x${restored.height}`;
  return [`${name}: ${sizes} in ${seconds().toFixed(1)} s`, ...notes].join(', ');
}
