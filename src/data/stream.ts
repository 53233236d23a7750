/** @file The training data as a stream of (HR, LQ) batches, prepared in the background. */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { DataConfig } from '../config/schema.js';
import { UserError } from '../errors.js';
import { BatchMaker, type BatchRecipe, type MadeBatch, type PairBatch, type PhotoFailure } from './batch_maker.js';
import { BatchThread } from './batch_threads.js';
import { listPhotos } from './photo_source.js';
import { Prefetcher } from './prefetcher.js';

const MIB = 2 ** 20;

/** What a stream depends on besides the section `data`. */
export interface PairStreamOptions {
  readonly seed: number;
  /** Images of a batch. */
  readonly batch: number;
}

/** Batches by index; the same (seed, index) gives the same bytes whatever was asked for before. */
export interface PairStream {
  /** Number of photos. */
  readonly photos: number;
  /** SHA-256 of the sorted list of files: batches are comparable only where it is the same. */
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

function refuseTooManyFailures(failures: ReadonlyMap<string, PhotoFailure>, photos: number, share: number): void {
  if (failures.size <= share * photos) return;
  const [first] = failures.values();
  throw new UserError(`${failures.size} of ${photos} photos cannot be read`, {
    key: 'data.train',
    expected: `at most ${Math.round(share * 100)} % (data.maxFailedShare)`,
    found: `e.g. ${first!.file}: ${first!.reason}`,
  });
}

/**
 * Opens the training data.
 * @param config section `data`
 * @throws UserError if there are no photos
 */
export async function createPairStream(config: DataConfig, options: PairStreamOptions): Promise<PairStream> {
  const files = await listPhotos(config.train, 'data.train');
  const makers = Math.max(config.workers, 1);
  const recipe: BatchRecipe = { files, ...options, data: config, cacheBytes: (config.cacheMb * MIB) / makers };
  const threads = Array.from({ length: config.workers }, () => new BatchThread(recipe));
  const makeHere = (maker: BatchMaker) => (index: number) => maker.make(index);
  const producers =
    threads.length > 0 ? threads.map((t) => (i: number) => t.make(i)) : [makeHere(new BatchMaker(recipe))];
  const prefetcher = new Prefetcher<MadeBatch>(producers, config.prefetch);
  const failures = new Map<string, PhotoFailure>();

  return {
    photos: files.length,
    fingerprint: createHash('sha256')
      .update(files.map((file) => resolve(file)).join('\n'))
      .digest('hex'),
    async batch(index) {
      const made = await prefetcher.get(index);
      for (const failure of made.failures) failures.set(failure.file, failure);
      refuseTooManyFailures(failures, files.length, made.batch ? config.maxFailedShare : 0);
      return made.batch!;
    },
    failures: () => [...failures.values()],
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
