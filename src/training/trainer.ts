/**
 * @file The training loop: resume, iterate, log, validate, checkpoint, export.
 *
 * What an iteration computes depends on the config, the train state and the iteration number alone; everything else here
 * is about not losing any of it.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { continuationDifferences } from '../config/compare.js';
import { resolvedYaml } from '../config/load.js';
import type { RunConfig } from '../config/schema.js';
import { createPairStream, type PairStream } from '../data/stream.js';
import { loadValidationSet } from '../data/validation_set.js';
import { createEngine } from '../engine/engine.js';
import { GuardError } from '../engine/guard_error.js';
import type { Engine } from '../engine/types.js';
import { UserError } from '../errors/user_error.js';
import { writeFileDurably } from '../files/durable_file.js';
import type { HeldOutImage, Method } from '../methods/method.js';
import { createMethod } from '../methods/table.js';
import { trainedModel } from '../methods/trained_model.js';
import { treeToMemory, treeToOfficial } from '../models/layout.js';
import { writeModelFile } from '../models/model_file.js';
import { EMA } from '../optimizer/outline.js';
import type { HostTree } from '../weights/tree.js';
import { CheckpointStore, type StoredTrainState } from './checkpoint_store.js';
import { PooledBatches } from './pooled_batches.js';
import { processMemory } from './process_memory.js';
import { Progress, type ProgressStream } from './progress.js';
import { RunFolder } from './run_folder.js';
import { RunLog } from './run_log.js';
import { SampleGrids } from './sample_rows.js';
import { Shutdown } from './shutdown.js';
import { UnreadablePhotos } from './unreadable_photos.js';
import { Validation, type ValidationPair } from './validation.js';
import { ValidationMeasures } from './validation_measures.js';
import { validationScore } from './validation_metrics.js';
import { WaitedBatches } from './waited_batches.js';

/** Most images in a sample grid. */
const GRID_ROWS = 4;

const TEACHER_PREFIX = 'validation/teacher/';

export interface TrainOptions {
  readonly config: RunConfig;
  /** Run folder; made if it does not exist, resumed from if it holds checkpoints. */
  readonly out: string;
  readonly log: { info(line: string): void; warn(line: string): void };
  readonly terminal?: ProgressStream;
}

/** How a run ended. */
export interface TrainResult {
  readonly iteration: number;
  /** 0, or 130/143 when a signal ended the run early (state saved). */
  readonly exitCode: number;
}

/**
 * Trains until `train.iterations`, or until SIGINT/SIGTERM.
 * @throws UserError for bad input, and when the loss or a gradient stops being finite (naming the last good checkpoint).
 */
export async function train({ config, out, log, terminal = process.stderr }: TrainOptions): Promise<TrainResult> {
  const folder = await RunFolder.open(out, resolvedYaml(config), refuseOtherConfig);
  const shutdown = new Shutdown((signal) => log.info(`${signal}: finishing this iteration, then saving`));
  let run: Run | undefined;
  try {
    run = await Run.open(config, folder, log, terminal);
    return await run.loop(shutdown);
  } finally {
    shutdown.dispose();
    await run?.close();
    folder.release();
  }
}

function refuseOtherConfig(saved: string, wanted: string): void {
  const differences = continuationDifferences(parse(saved) as RunConfig, parse(wanted) as RunConfig);
  if (differences.length === 0) return;
  const list = differences.map(
    ({ key, saved: was, now }) => `${key} was ${JSON.stringify(was)}, now ${JSON.stringify(now)}`,
  );
  throw new UserError(`this run cannot go on with another config: ${list.join('; ')}`, {
    remedy: 'Use the old values, or another run folder (--out) for a new run',
  });
}

/** An opened run: everything that must be closed again. */
class Run {
  private readonly validation: Validation;
  private readonly grids: SampleGrids;

  private constructor(
    private readonly config: RunConfig,
    private readonly folder: RunFolder,
    private readonly log: TrainOptions['log'],
    private readonly terminal: ProgressStream,
    private readonly engine: Engine,
    private readonly measures: ValidationMeasures,
    private readonly stream: PairStream,
    private readonly batches: PooledBatches,
    private readonly waited: WaitedBatches,
    private readonly unreadable: UnreadablePhotos,
    private readonly method: Method,
    private readonly store: CheckpointStore,
    private readonly held: readonly HeldOutImage[],
    private readonly start: number,
  ) {
    this.validation = new Validation(engine, measures, method.perceptual);
    this.grids = new SampleGrids(method);
  }

  static async open(
    config: RunConfig,
    folder: RunFolder,
    log: TrainOptions['log'],
    terminal: ProgressStream,
  ): Promise<Run> {
    const { kind, threads } = config.engine;
    const stream = await createPairStream(config.data, {
      log: (line) => log.info(line),
      seed: config.seed,
      batch: config.train.batch,
      engine: { kind, threads },
    });
    const engine = createEngine({ kind, threads });
    let measures: ValidationMeasures | undefined;
    try {
      const batches = new PooledBatches(stream, config);
      const waited = new WaitedBatches(batches);
      measures = await ValidationMeasures.load(config.train);
      const method = await createMethod({ config, engine, batches: waited, log: (line) => log.info(line) });
      await method.initialise();
      const store = new CheckpointStore(folder.paths.checkpoints, {
        keepLast: config.train.keepCheckpoints,
        provenance: { packageVersion: packageJson.version, configHash: folder.configHash },
        warn: (message) => log.warn(message),
      });
      const saved = await store.latestValid();
      if (saved) await restoreState(engine, method, saved);
      if (saved) batches.restore(saved);
      await comparePhotos(folder, stream, saved !== undefined, log);
      log.info(
        saved ? `resuming after iteration ${saved.iteration}` : `new run of ${config.train.iterations} iterations`,
      );
      const held = (await loadValidationSet(config.data)).map(({ name, lq, hr }) => ({
        name,
        lq: { shape: [1, lq.height, lq.width, 3], data: lq.data },
        hr: hr && { shape: [1, hr.height, hr.width, 3], data: hr.data },
      }));
      const measured = held.find(({ hr }) => hr !== undefined)?.hr;
      if (measured) await measures.tryOn(measured);
      return new Run(
        config,
        folder,
        log,
        terminal,
        engine,
        measures,
        stream,
        batches,
        waited,
        await UnreadablePhotos.open(folder.paths.unreadable),
        method,
        store,
        held,
        saved?.iteration ?? 0,
      );
    } catch (error) {
      measures?.dispose();
      engine.dispose();
      await stream.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.measures.dispose();
    this.engine.dispose();
    await this.stream.close();
  }

  async loop(shutdown: Shutdown): Promise<TrainResult> {
    const { train } = this.config;
    const run = await RunLog.open({ paths: this.folder.paths, config: this.config, start: this.start });
    const progress = new Progress({
      total: train.iterations,
      batch: train.batch,
      stream: this.terminal,
      log: (line) => this.log.info(line),
    });
    const pairs = this.held.filter((image): image is ValidationPair => image.hr !== undefined);
    let iteration = this.start;
    try {
      // A function, since the type checker takes a property for settled once it was looked at.
      const stopping = (): boolean => shutdown.requested;
      while (iteration < train.iterations && !stopping()) {
        iteration += 1;
        const numbers = await this.iterate(iteration);
        const due = (every: number): boolean =>
          every > 0 && (iteration % every === 0 || iteration === train.iterations);
        const validation =
          due(train.validateEvery) && pairs.length > 0 ? await this.validate(pairs, iteration, run) : undefined;
        run.append({ iteration, ...numbers, ...validation?.numbers });
        progress.update(iteration, shown([...this.method.shownTerms, 'dataSeconds'], numbers));
        if (due(train.imagesEvery) && this.held.length > 0) {
          const { rows, columns } = await this.grids.rows(this.held.slice(0, GRID_ROWS), iteration);
          await run.grid(iteration, rows, columns);
        }
        if (due(train.checkpointEvery) || stopping()) {
          run.flush();
          await this.save(iteration, validation?.score);
          await this.reportFailures();
        }
        if (validation) {
          progress.clear();
          this.log.info(`validation at ${iteration}: ${describe(validation.numbers)}`);
        }
      }
    } finally {
      progress.finish();
      run.close();
      await this.reportFailures();
    }
    return { iteration, exitCode: iteration < train.iterations ? (shutdown.exitCode ?? 0) : 0 };
  }

  /** Metrics of the moving average, and once in a run those of the teacher, as they are logged; and the score. */
  private async validate(
    pairs: readonly ValidationPair[],
    iteration: number,
    run: RunLog,
  ): Promise<{ numbers: Record<string, number>; score: number }> {
    const metrics = await this.validation.measure(this.method.restoration(iteration), pairs);
    const { reference } = this.method;
    const measured = run.has(`${TEACHER_PREFIX}psnrRgb`);
    const teacher = reference && !measured ? await this.validation.measure(reference, pairs) : {};
    return {
      numbers: { ...prefixed('validation/', metrics), ...prefixed(TEACHER_PREFIX, teacher) },
      score: validationScore(metrics, this.config.train.bestMetric),
    };
  }

  private async iterate(iteration: number): Promise<Record<string, number>> {
    const begin = performance.now();
    try {
      const numbers = await this.method.iterate(iteration);
      const seconds = (performance.now() - begin) / 1000;
      const images = this.config.train.batch * this.method.batchesPerIteration;
      const dataSeconds = this.waited.takeSeconds();
      return { ...numbers, seconds, dataSeconds, imagesPerSecond: images / seconds, ...processMemory() };
    } catch (error) {
      if (!(error instanceof GuardError)) throw error;
      const last = (await this.store.list()).at(-1);
      throw new UserError(
        `training stopped at iteration ${iteration}: ${error.message}`,
        {
          remedy: last
            ? `Nothing was updated. The last good checkpoint is ${last.folder}; try a lower learning rate`
            : 'Nothing was updated and there is no checkpoint yet; try a lower learning rate',
        },
        { cause: error },
      );
    }
  }

  private async save(iteration: number, score?: number): Promise<void> {
    // One group at a time: all of them together would be on the host as often as in the engine.
    const official = async (group: string): Promise<HostTree> =>
      treeToOfficial((await this.engine.fetch([group]))[group]!);
    const groups = Object.fromEntries(this.method.stateGroups.map((group) => [group, () => official(group)]));
    const pool = this.batches.state();
    await this.store.save({ iteration, counters: pool.counters, groups: { ...groups, ...pool.groups } }, { score });
    const weights = { ema: await official(EMA), iteration, score: score ?? null };
    await writeModelFile(this.folder.paths.student, trainedModel(this.config, weights, this.method.autoencoder));
  }

  private async reportFailures(): Promise<void> {
    if ((await this.unreadable.add(this.stream.failures())) === 0) return;
    const count = `${this.unreadable.count} of ${this.stream.photos} photos could not be read; others stood in for them`;
    this.log.warn(`${count} (listed in ${this.folder.paths.unreadable})`);
  }
}

/** A resumed run goes on with whatever photos there are, but equals the undisturbed one only with the same. */
async function comparePhotos(
  folder: RunFolder,
  stream: PairStream,
  resumed: boolean,
  log: TrainOptions['log'],
): Promise<void> {
  const file = folder.paths.photos;
  const saved = resumed ? await readFile(file, 'utf8').catch(() => undefined) : undefined;
  if (saved !== undefined && saved !== stream.fingerprint) {
    log.warn('the training photos are not those this run began with: it goes on, but not as it would have');
  }
  await writeFileDurably(file, stream.fingerprint);
}

async function restoreState(engine: Engine, method: Method, saved: StoredTrainState): Promise<void> {
  const missing = method.stateGroups.find((group) => !saved.groups[group]);
  if (missing) throw new UserError(`the checkpoint lacks the group ${missing}`, { file: saved.folder });
  for (const group of method.stateGroups) await engine.store({ [group]: treeToMemory(saved.groups[group]!) });
}

function shown(terms: readonly string[], numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(terms.flatMap((term) => (numbers[term] === undefined ? [] : [[term, numbers[term]]])));
}

const prefixed = (prefix: string, numbers: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [prefix + name, value]));

const describe = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name.replace('validation/', '')} ${value.toPrecision(5)}`)
    .join('  ');
