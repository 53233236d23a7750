/** @file The training data as a stream of (HR, LQ) batches, prepared in the background. */
import { createHash } from 'node:crypto';
import { batchDegradation } from '../config/degradation_sides.js';
import type { DataConfig } from '../config/schema.js';
import type { EngineOptions } from '../engine/engine.js';
import { UserError } from '../errors/user_error.js';
import { BatchMaker, WHOLE, type BatchRecipe, type MadeBatch, type PairBatch, type Shard } from './batch_maker.js';
import { BatchThread } from './batch_threads.js';
import { BatchDegrader } from './degradation/degrade_batch.js';
import type { FileTable } from './file_table.js';
import { randomSubset } from './order.js';
import { findPhotos } from './photo_index.js';
import { pairPhotos } from './photo_pairs.js';
import type { PhotoFailure, PhotoSet } from './photo_reader.js';
import { Prefetcher } from './prefetcher.js';

const MIB = 2 ** 20;

/** What a stream depends on besides the section `data`. */
export interface PairStreamOptions {
  readonly seed: number;
  /** Images of a batch. */
  readonly batch: number;
  /**
   * Part of this process where several train together: the batches `index` of all of them are, side by side, the batch
   * `index` that one process would make of `world` times as many images.
   */
  readonly shard?: Shard;
  /** Receives a line now and then while photos are listed. */
  readonly log?: (line: string) => void;
  /** How batches are degraded where that is done on the device; compiled by default. */
  readonly engine?: EngineOptions;
}

/** Batches by index; the same (seed, index) gives the same bytes whatever was asked for before. */
export interface PairStream {
  /** Number of photos. */
  readonly photos: number;
  /** SHA-256 of the list of files: batches are comparable only where it is the same. */
  readonly fingerprint: string;
  /**
   * Batch `index`: 0, 1, 2, ... (each fetch of an iteration has an index of its own). The next ones are begun.
   * @throws UserError if too many photos cannot be read
   */
  batch(index: number): Promise<PairBatch>;
  /** Photos that turned out unreadable so far; others stand in for them. */
  failures(): readonly PhotoFailure[];
  /** Ends the threads; batches not yet made are never made. */
  close(): Promise<void>;
}

function refuseTooManyFailures(failures: ReadonlyMap<string, PhotoFailure>, photos: number, share: number): never {
  const [first] = failures.values();
  const early = failures.size <= share * photos && failures.size < photos;
  const message = `${failures.size} of ${photos} photos cannot be read${early ? ' so far, too many of them in a row' : ''}`;
  throw new UserError(message, {
    key: 'data.train',
    expected: `at most ${Math.round(share * 100)} % (data.maxFailedShare)`,
    found: `e.g. ${first!.file}: ${first!.reason}`,
  });
}

/**
 * Lists the photos a run trains on.
 * @throws UserError if there are none, or an HR photo has no LQ photo where there are to be pairs
 */
export async function findTrainingPhotos(
  { train, lq, length }: Pick<DataConfig, 'train' | 'lq' | 'length'>,
  { seed, log }: Pick<PairStreamOptions, 'seed' | 'log'>,
): Promise<{ hr: FileTable; lq: FileTable | undefined }> {
  const all = await findPhotos(train, 'data.train', { log });
  const hr = length !== null && length < all.length ? all.pick(randomSubset(seed, length, all.length)) : all;
  if (lq === null) return { hr, lq: undefined };
  const lqPhotos = await findPhotos(lq, 'data.lq', { log });
  const partners = pairPhotos(
    { paths: train, key: 'data.train', photos: hr },
    { paths: lq, key: 'data.lq', photos: lqPhotos },
  );
  return { hr, lq: partners };
}

/** Of a list, read piece by piece: a list of a million paths is never one text. */
function fingerprintOf(files: FileTable): string {
  const hash = createHash('sha256');
  let first = true;
  for (const file of files) {
    hash.update(first ? file : `\n${file}`);
    first = false;
  }
  return hash.digest('hex');
}

/** A batch with its LQ images. */
interface FinishedBatch extends Pick<MadeBatch, 'failures'> {
  readonly batch: PairBatch | undefined;
}

/** What degrades batches, if the configured degradation works on batches. */
async function createDegrader(
  config: DataConfig,
  { engine = { kind: 'compiled' }, batch }: PairStreamOptions,
): Promise<BatchDegrader | undefined> {
  const degradation = batchDegradation(config);
  return degradation ? BatchDegrader.create(engine, config, degradation, batch) : undefined;
}

/**
 * Opens the training data.
 * @param config section `data`
 * @throws UserError as {@link findTrainingPhotos}
 */
export async function createPairStream(config: DataConfig, options: PairStreamOptions): Promise<PairStream> {
  const { seed, batch, shard = WHOLE } = options;
  const { hr, lq } = await findTrainingPhotos(config, options);
  const photos: PhotoSet = { hr: hr.data, lq: lq?.data ?? null };
  const makers = Math.max(config.workers, 1);
  const recipe: BatchRecipe = { photos, seed, batch, shard, data: config, cacheBytes: (config.cacheMb * MIB) / makers };
  const threads = Array.from({ length: config.workers }, () => new BatchThread(recipe));
  const makeHere = (maker: BatchMaker) => (index: number) => maker.make(index);
  const producers =
    threads.length > 0 ? threads.map((t) => (i: number) => t.make(i)) : [makeHere(new BatchMaker(recipe))];
  const made = new Prefetcher<MadeBatch>(producers, config.prefetch);
  const degrader = await createDegrader(config, options);
  const finish = async (index: number): Promise<FinishedBatch> => {
    const { batch: unfinished, failures } = await made.get(index);
    const isWhole = !unfinished || 'lq' in unfinished;
    return { batch: isWhole ? unfinished : await degrader!.degrade(unfinished), failures };
  };
  // The next batch is degraded while the training step works on this one.
  const prefetcher = new Prefetcher<FinishedBatch>([finish], Math.min(config.prefetch, 1));
  const failures = new Map<string, PhotoFailure>();

  return {
    photos: hr.length,
    fingerprint: fingerprintOf(hr),
    async batch(index) {
      const finished = await prefetcher.get(index);
      for (const failure of finished.failures) failures.set(failure.file, failure);
      const tooMany = !finished.batch || failures.size > config.maxFailedShare * hr.length;
      if (tooMany) refuseTooManyFailures(failures, hr.length, config.maxFailedShare);
      return finished.batch;
    },
    failures: () => [...failures.values()],
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
      await degrader?.close();
    },
  };
}
