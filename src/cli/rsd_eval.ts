/** @file `rsd-eval`: measures restored images, or restores and measures, and writes a report. */
import path from 'node:path';
import { parseDevice, selectDevice } from '../engine/device.js';
import { UserError } from '../errors.js';
import { REPORT_FILES } from '../evaluation/evaluate.js';
import { imageSet, requirePartners, requireSizes, type ImageSet } from '../evaluation/image_sets.js';
import { protocolDataset, RELEASE_RESTORING, type ProtocolDataset } from '../evaluation/protocols.js';
import { formatDuration } from '../training/progress.js';
import { Shutdown } from '../training/shutdown.js';
import { parseArguments } from './arguments.js';
import { checkOptions, createEvalParser, namedValues, type EvalOptions } from './eval_arguments.js';
import type { RestoreSettings } from './eval_restore.js';
import { createLogger, type Logger } from './log.js';

/** Of the models here and of the published ones. */
const SCALE = 4;
const EXIT_SOME_FAILED = 1;
/** Seconds between two lines of progress. */
const REPORT_EVERY = 10;
const MEGABYTE = 2 ** 20;

/** Runs the program; see `--help`. */
export async function main(argv: string[]): Promise<number> {
  const args = await parseArguments(createEvalParser(), argv);
  if (!args) return 0;
  checkOptions(args);
  const folders = namedValues(args.restored ?? [], '--restored');
  const models = namedValues(args.model ?? [], '--model');
  requireSomething(folders, models, args);
  const dataset = args.protocol && protocolDataset(args.protocol, args.dataset);
  if (dataset?.hasOriginals && args.hr === undefined) {
    throw new UserError(`${dataset.name} is measured against its originals`, { key: '--hr', expected: 'their folder' });
  }
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  selectDevice(parseDevice(args.device));
  const stop = new AbortController();
  const shutdown = new Shutdown(() => {
    log.warn('stopping (Ctrl-C again ends at once); the same command goes on from here');
    stop.abort();
  });
  try {
    return await run(args, folders, models, dataset, log, stop.signal);
  } catch (error) {
    if (stop.signal.aborted && shutdown.exitCode !== undefined) return shutdown.exitCode;
    throw error;
  } finally {
    shutdown.dispose();
  }
}

function requireSomething(folders: Map<string, string>, models: Map<string, string>, args: EvalOptions): void {
  const twice = [...folders.keys()].find((name) => models.has(name));
  if (twice !== undefined) throw new UserError('a name is given twice', { key: '--model', found: twice });
  if (folders.size + models.size === 0) {
    throw new UserError('nothing to evaluate', {
      expected: '--restored NAME=FOLDER or --model NAME=FILE',
      remedy: 'See --help',
    });
  }
  if (models.size > 0 && args.lr === undefined && !args['make-lr']) {
    throw new UserError('models need images to restore', { key: '--model', expected: '--lr FOLDER, or --make-lr' });
  }
}

/** Originals and inputs, those that there are; their names and sizes fit. */
async function readSets(args: EvalOptions): Promise<{ originals?: ImageSet; inputs?: ImageSet }> {
  const { hr, lr, crop, output } = args;
  const originals = hr === undefined ? undefined : await imageSet(hr, '--hr');
  if (args['make-lr']) {
    const { reducedPairs } = await import('../evaluation/reduced_pairs.js');
    return reducedPairs(originals!, { scale: SCALE, side: crop, folder: output });
  }
  const inputs = lr === undefined ? undefined : await imageSet(lr, '--lr');
  if (originals && inputs) {
    requirePartners(inputs, originals, { folder: lr!, other: hr! });
    await requireSizes(inputs, originals, SCALE);
  }
  return { originals, inputs };
}

function restoreSettings(args: EvalOptions): RestoreSettings {
  const { autoencoder, config, steps, overwrite, engine } = args;
  const release = args.protocol ? RELEASE_RESTORING : undefined;
  return {
    autoencoder,
    config,
    steps,
    overwrite,
    engine,
    seed: args.seed ?? release?.seed,
    tile: args.tile ?? release?.tile,
    overlap: args.overlap ?? release?.overlap,
    asRelease: args['match-release'] ?? release !== undefined,
  };
}

async function run(
  args: EvalOptions,
  folders: Map<string, string>,
  models: Map<string, string>,
  dataset: (ProtocolDataset & { name: string }) | undefined,
  log: Logger,
  signal: AbortSignal,
): Promise<number> {
  // TensorFlow looks at the selected device when it is first imported.
  const [{ evaluate }, { chooseMetrics }, { restoreWith }] = await Promise.all([
    import('../evaluation/evaluate.js'),
    import('../evaluation/chosen_metrics.js'),
    import('./eval_restore.js'),
  ]);
  const weights = namedValues(args['metric-weights'] ?? [], '--metric-weights');
  const metrics = chooseMetrics({
    named: args.metrics?.split(',').map((name) => name.trim()),
    protocol: dataset?.metrics,
    weights: new Map([...weights].map(([name, files]) => [name, files.split(',')])),
    hasOriginals: args.hr !== undefined,
  });
  for (const note of metrics.notes) log.warn(note);
  const { originals, inputs } = await readSets(args);
  const settings = restoreSettings(args);
  const restored = new Map<string, ImageSet>();
  let failed = 0;
  for (const [name, folder] of folders) restored.set(name, await imageSet(folder, '--restored'));
  for (const [name, file] of models) {
    const made = await restoreWith(name, file, inputs!, path.join(args.output, 'restored'), settings, log, signal);
    restored.set(name, made.set);
    failed += made.failed;
  }
  if (failed > 0) {
    log.error(`${failed} images could not be restored: there is nothing to compare before they are`);
    return EXIT_SOME_FAILED;
  }
  await checkRestored(restored, originals ?? [...restored.values()][0]!, args.hr ?? 'the first folder');
  let reported = performance.now();
  const report = await evaluate({
    title: args.title ?? dataset?.name ?? path.basename(path.resolve(args.output)),
    output: args.output,
    files: { restored, originals, inputs, scale: SCALE },
    metrics,
    notes: notesOf(args, dataset, models, settings),
    limits: { images: args.gallery, bytes: args['page-mb'] * MEGABYTE },
    seed: args['stats-seed'],
    published: dataset?.published,
    signal,
    onProgress: ({ metric, percent, secondsLeft }) => {
      if (performance.now() - reported < REPORT_EVERY * 1000) return;
      reported = performance.now();
      log.info(`${metric}: ${Math.floor(percent)} % of all, ETA ${formatDuration(secondsLeft ?? 0)}`);
    },
  });
  for (const model of report.models) {
    const numbers = report.metrics.map(
      ({ name, title }) => `${title} ${report.means[name]![model]!.mean.toPrecision(5)}`,
    );
    const sets = report.setMetrics.map(
      ({ name, title }) => `${title} ${report.setScores[name]![model]!.toPrecision(5)}`,
    );
    log.info(`${model}: ${[...numbers, ...sets].join(', ')}`);
  }
  log.info(`wrote ${path.join(args.output, REPORT_FILES.page)}`);
  return 0;
}

async function checkRestored(restored: ReadonlyMap<string, ImageSet>, others: ImageSet, named: string): Promise<void> {
  for (const [name, set] of restored) {
    requirePartners(set, others, { folder: name, other: named });
    await requireSizes(set, others, 1);
  }
}

/** How it was done, for the page. */
function notesOf(
  args: EvalOptions,
  dataset: (ProtocolDataset & { name: string }) | undefined,
  models: ReadonlyMap<string, string>,
  settings: RestoreSettings,
): string[] {
  const { tile, overlap, seed, steps, asRelease } = settings;
  return [
    ...(dataset ? [`Protocol ${args.protocol}, dataset ${dataset.name}: ${dataset.about}.`] : []),
    ...(args['make-lr']
      ? [`Inputs: originals${args.crop ? `, the middle ${args.crop} pixels,` : ''} reduced by antialiased bicubic.`]
      : []),
    ...[...models].map(([name, file]) => `${name}: ${path.basename(file)}.`),
    ...(models.size > 0
      ? [
          `Restored with tile ${tile ?? 'default'}, overlap ${overlap ?? 'default'}, seed ${seed ?? 'default'}, steps of teachers ${steps ?? 'all'}, ${asRelease ? 'files as the RSD release writes them (JPEG inputs give JPEG of quality 95)' : 'files as PNG'}.`,
        ]
      : []),
    'Metrics see the 8-bit files, converted to sRGB; their definitions are in docs/metrics.md.',
    `Random draws of the statistics: seed ${args['stats-seed']}.`,
  ];
}
