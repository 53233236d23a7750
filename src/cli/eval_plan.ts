/** @file `rsd-eval`: its options as a plan: what is restored how, what is measured, what is noted of it. */
import path from 'node:path';
import { UserError } from '../errors/user_error.js';
import { protocolDataset, RELEASE_RESTORING, type ProtocolDataset } from '../evaluation/protocols.js';
import type { EvalOptions } from './eval_arguments.js';
import type { RestoreSettings } from './eval_restore.js';
import { checkOptions, namedModels, namedValues, type ModelOptions } from './eval_values.js';

/** What an evaluation does; nothing has been read yet. */
export interface EvalPlan {
  readonly args: EvalOptions;
  /** Folders of restored images by name. */
  readonly folders: ReadonlyMap<string, string>;
  readonly models: ReadonlyMap<string, ModelOptions>;
  /** Of a protocol. */
  readonly dataset?: ProtocolDataset & { readonly name: string };
  readonly settings: RestoreSettings;
  /** Weight files by metric. */
  readonly metricWeights: ReadonlyMap<string, readonly string[]>;
  readonly title: string;
}

/** @throws UserError if options contradict each other or leave out what is needed. */
export function planEvaluation(args: EvalOptions): EvalPlan {
  checkOptions(args);
  const folders = namedValues(args.restored ?? [], '--restored');
  const models = namedModels(args);
  requireSomething(folders, models, args);
  const dataset = args.protocol && protocolDataset(args.protocol, args.dataset);
  if (dataset?.hasOriginals && args.hr === undefined) {
    throw new UserError(`${dataset.name} is measured against its originals`, { key: '--hr', expected: 'their folder' });
  }
  const weights = namedValues(args['metric-weights'] ?? [], '--metric-weights');
  return {
    args,
    folders,
    models,
    dataset,
    settings: restoreSettings(args),
    metricWeights: new Map([...weights].map(([name, files]) => [name, files.split(',')])),
    title: args.title ?? dataset?.name ?? path.basename(path.resolve(args.output)),
  };
}

function requireSomething(
  folders: ReadonlyMap<string, string>,
  models: ReadonlyMap<string, ModelOptions>,
  args: EvalOptions,
): void {
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

function restoreSettings(args: EvalOptions): RestoreSettings {
  const { overwrite, engine } = args;
  const release = args.protocol ? RELEASE_RESTORING : undefined;
  return {
    overwrite,
    engine,
    seed: args.seed ?? release?.seed,
    tile: args.tile ?? release?.tile,
    overlap: args.overlap ?? release?.overlap,
    asRelease: args['match-release'] ?? release !== undefined,
  };
}

/** How it is done, for the page. */
export function notesOf({ args, dataset, models, settings }: EvalPlan): string[] {
  const { tile, overlap, seed, asRelease } = settings;
  const notes = [...models].map(
    ([name, { weights, steps }]) => `${name}: ${path.basename(weights)}${steps ? `, steps ${steps}` : ''}.`,
  );
  if (dataset) notes.unshift(`Protocol ${args.protocol}, dataset ${dataset.name}: ${dataset.about}.`);
  if (args['make-lr']) {
    const part = args.crop ? `the middle ${args.crop} pixels of the originals` : 'the originals';
    notes.push(`Inputs: ${part}, reduced by antialiased bicubic.`);
  }
  if (models.size > 0) {
    const files = asRelease ? 'files as the RSD release writes them (JPEG of JPEG inputs)' : 'PNG files';
    const tiles = `tile ${tile ?? 'default'}, overlap ${overlap ?? 'default'}`;
    notes.push(`Restored with ${tiles}, seed ${seed ?? 'default'}, into ${files}.`);
  }
  notes.push('Metrics see the 8-bit files, converted to sRGB; docs/metrics.md defines them.');
  notes.push(`Seed of the bootstrap and the permutations: ${args['stats-seed']}.`);
  return notes;
}
