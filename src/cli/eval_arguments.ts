/** @file `rsd-eval`: its options. */
import type { Argv } from 'yargs';
import type { EngineKind } from '../engine/types.js';
import { PROTOCOLS } from '../evaluation/protocols.js';
import { DEFAULT_SEED, DEFAULT_TILE } from '../restore/defaults.js';
import { createParser } from './arguments.js';
import { logArguments } from './log.js';

const USAGE = `$0 --hr ORIGINALS --restored NAME=FOLDER --output REPORT
$0 --lr INPUTS --hr ORIGINALS --model NAME=FILE --output REPORT

Measures restored images, or restores images with one or several models and measures them. Images pair
by file name, endings aside. REPORT gets index.html (open it in a browser), per_image.csv,
per_image.json, report.json and, for models, restored/NAME. What is there already is not done again: an
interrupted evaluation goes on with the same command.`;

const ENGINES: readonly EngineKind[] = ['compiled', 'eager'];

const MEGABYTE_LIMIT = 16;
const GALLERY = 12;

/** The parser with all options. */
export function createEvalParser() {
  return createParser('rsd-eval', USAGE)
    .parserConfiguration({ 'duplicate-arguments-array': true, 'greedy-arrays': false })
    .options({
      output: { type: 'string', demandOption: true, requiresArg: true, describe: 'folder for the report' },
      restored: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'NAME=FOLDER of restored images; repeatable',
      },
      model: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'NAME=FILE: student or teacher that restores the images of --lr; repeatable',
      },
      hr: { type: 'string', requiresArg: true, describe: 'folder of originals' },
      lr: { type: 'string', requiresArg: true, describe: 'folder of low-resolution images' },
      'make-lr': {
        type: 'boolean',
        conflicts: 'lr',
        implies: 'hr',
        describe: 'make the low-resolution images: originals reduced four times (antialiased bicubic)',
      },
      crop: {
        type: 'number',
        requiresArg: true,
        implies: 'make-lr',
        describe: 'with --make-lr: only the middle of each original, at most this many pixels a side',
      },
      title: { type: 'string', requiresArg: true, describe: 'of the page', defaultDescription: "the output's name" },
    })
    .options({
      metrics: {
        type: 'string',
        requiresArg: true,
        describe: 'comma-separated names (see docs/metrics.md)',
        defaultDescription: 'psnr, ssim, st-lpips-alex (niqe without --hr), those of --metric-weights',
      },
      'metric-weights': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'METRIC=FILE[,FILE]: weights of a metric; repeatable',
      },
      protocol: { choices: PROTOCOLS, describe: 'restore and measure as the published tables; needs --dataset' },
      dataset: { type: 'string', requiresArg: true, implies: 'protocol', describe: 'which dataset the folders hold' },
      'stats-seed': { type: 'number', default: 0, requiresArg: true, describe: 'of bootstrap and permutations' },
      gallery: { type: 'number', default: GALLERY, requiresArg: true, describe: 'images on the page, at most' },
      'page-mb': {
        type: 'number',
        default: MEGABYTE_LIMIT,
        requiresArg: true,
        describe: 'megabytes of pictures on the page, at most',
      },
    })
    .options({
      autoencoder: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: "NAME=FILE: autoencoder instead of that model's own; repeatable",
      },
      config: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'NAME=FILE: run file or official YAML file that describes official weights; repeatable',
      },
      steps: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'NAME=N: steps of that model (1 for weights of SinSR); repeatable',
        defaultDescription: 'all of a teacher, one of a student',
      },
      seed: { type: 'number', requiresArg: true, describe: 'of the noise', defaultDescription: `${DEFAULT_SEED}` },
      tile: {
        type: 'number',
        requiresArg: true,
        conflicts: 'protocol',
        describe: 'side of tiles in input pixels; 0: never cut',
        defaultDescription: `${DEFAULT_TILE}`,
      },
      overlap: {
        type: 'number',
        requiresArg: true,
        conflicts: 'protocol',
        describe: 'pixels neighbouring tiles share',
        defaultDescription: 'tile / 8',
      },
      'match-release': {
        type: 'boolean',
        describe: 'write restored images as the RSD release: JPEG inputs give JPEG (with --protocol: unless --no-...)',
      },
      overwrite: { type: 'boolean', default: false, describe: 'restore again what is there already' },
      device: { type: 'string', default: 'cpu', requiresArg: true, describe: 'cpu or cuda:N' },
      engine: { choices: ENGINES, default: ENGINES[0]!, describe: 'models as one graph, or op by op' },
      ...logArguments,
    })
    .example('$0 --hr originals --restored mine=restored --output report', 'a folder that was restored before')
    .example(
      '$0 --lr inputs --hr originals --model student=a.safetensors --model teacher=b.safetensors --output report',
      'two models side by side',
    )
    .example(
      '$0 --make-lr --crop 256 --hr photos/heldout --model tiny=models/tiny-student.safetensors --output report',
      'with nothing but photos',
    )
    .example(
      '$0 --protocol sinsr --dataset RealSR --lr RealSR/LR --hr RealSR/HR --model mine=student.safetensors --output report',
      'beside the published table',
    )
    .epilogue('Exits with 1 if images could not be restored, 2 after bad input, 130 or 143 when stopped.');
}

type Options<P> = P extends Argv<infer T> ? T : never;
export type EvalOptions = Options<ReturnType<typeof createEvalParser>>;
