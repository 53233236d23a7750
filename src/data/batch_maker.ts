/** @file Makes training batches: the photos of a batch, read, cropped, degraded. A pure function of (recipe, index). */
import type { DataConfig } from '../config/schema.js';
import { CountedRandom } from '../random/counted.js';
import { randomCrop } from './crop.js';
import { decodePhoto } from './decode.js';
import { DecodedCache } from './decoded_cache.js';
import { createDegradation, type Degradation } from './degradation.js';
import { DataOrder } from './order.js';
import { CHANNELS, placeInBatch, type Rgb8 } from './pixels.js';

/** Photos of one batch read at a time: as many as Node's thread pool decodes at once. */
const CONCURRENT_SAMPLES = 4;

/** All that a batch depends on besides its index. Plain data, so that it can be sent to a thread. */
export interface BatchRecipe {
  /** Photos, in the order of `listPhotos`. */
  readonly files: readonly string[];
  readonly seed: number;
  /** Images of a batch. */
  readonly batch: number;
  readonly data: Pick<DataConfig, 'gtSize' | 'scale' | 'flip' | 'rescale' | 'degradation'>;
  /** Bytes of decoded photos kept. */
  readonly cacheBytes: number;
}

/** HR and LQ images of one batch. */
export interface PairBatch {
  /** [B, gtSize, gtSize, 3] in [-1, 1]. */
  readonly hr: Float32Array;
  /** [B, gtSize / scale, gtSize / scale, 3] in [-1, 1]. */
  readonly lq: Float32Array;
  /** Files the images come from, B of them. */
  readonly names: readonly string[];
}

/** A photo that could not be read. */
export interface PhotoFailure {
  readonly file: string;
  readonly reason: string;
}

/** A batch and the photos that turned out unreadable while it was made. */
export interface MadeBatch {
  /** Undefined if no photo at all can be read. */
  readonly batch: PairBatch | undefined;
  readonly failures: readonly PhotoFailure[];
}

/** Makes batches in any order; what it remembers (decoded photos, failures) saves time and never changes a result. */
export class BatchMaker {
  private readonly photos: DecodedCache;
  private readonly order: DataOrder;
  private readonly degrade: Degradation;
  private readonly failures = new Map<string, string>();
  private readonly reported = new Set<string>();

  constructor(private readonly recipe: BatchRecipe) {
    this.photos = new DecodedCache(decodePhoto, recipe.cacheBytes);
    this.order = new DataOrder(recipe.seed, recipe.files.length);
    this.degrade = createDegradation(recipe.data.degradation, recipe.data.scale);
  }

  /** @param index which batch: 0, 1, 2, ... over all passes */
  async make(index: number): Promise<MadeBatch> {
    const { batch, data } = this.recipe;
    const lqSize = data.gtSize / data.scale;
    const hr = new Float32Array(batch * data.gtSize ** 2 * CHANNELS);
    const lq = new Float32Array(batch * lqSize ** 2 * CHANNELS);
    const names = new Array<string>(batch);
    for (let start = 0; start < batch; start += CONCURRENT_SAMPLES) {
      const samples = Array.from({ length: Math.min(CONCURRENT_SAMPLES, batch - start) }, (_, i) => start + i);
      const made = await Promise.all(samples.map((sample) => this.makePair(index, sample)));
      for (const [i, pair] of made.entries()) {
        if (!pair) return { batch: undefined, failures: this.newFailures() };
        placeInBatch(pair.hr, hr, start + i);
        placeInBatch(pair.lq, lq, start + i);
        names[start + i] = pair.file;
      }
    }
    return { batch: { hr, lq, names }, failures: this.newFailures() };
  }

  private async makePair(index: number, sample: number) {
    const found = await this.readPhoto(index * this.recipe.batch + sample);
    if (!found) return undefined;
    const { seed, data } = this.recipe;
    const hr = randomCrop(found.photo, data, new CountedRandom({ seed, purpose: 'crop', iteration: index, sample }));
    const lq = await this.degrade(hr, new CountedRandom({ seed, purpose: 'degradation', iteration: index, sample }));
    return { file: found.file, hr, lq };
  }

  /** The photo at a position of the order; if it cannot be read, the next one that can. */
  private async readPhoto(position: number): Promise<{ file: string; photo: Rgb8 } | undefined> {
    const { files } = this.recipe;
    for (let skip = 0; skip < files.length; skip++) {
      const file = files[this.order.photoAt(position, skip)]!;
      if (this.failures.has(file)) continue;
      try {
        return { file, photo: await this.photos.get(file) };
      } catch (error) {
        this.failures.set(file, (error instanceof Error ? error.message : String(error)).split('\n')[0]!);
      }
    }
    return undefined;
  }

  private newFailures(): PhotoFailure[] {
    const fresh = [...this.failures].filter(([file]) => !this.reported.has(file));
    for (const [file] of fresh) this.reported.add(file);
    return fresh.map(([file, reason]) => ({ file, reason }));
  }
}
