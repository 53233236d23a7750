/** @file Makes training batches: the photos of a batch, read, cropped, degraded. A pure function of (recipe, index). */
import type { DataConfig } from '../config/schema.js';
import { CountedRandom } from '../random/counted.js';
import { randomCrop, randomPairCrop, randomPart, type CropPair } from './crop.js';
import { createDegradation, type Degradation } from './degradation.js';
import { PhotoReader, type PhotoFailure, type PhotoSet, type ReadPhoto } from './photo_reader.js';
import { CHANNELS, placeInBatch } from './pixels.js';

/** Photos of one batch read at a time: as many as Node's thread pool decodes at once. */
const CONCURRENT_SAMPLES = 4;

/** Which part of a batch that several processes make together is this one's. */
export interface Shard {
  /** In [0, world). */
  readonly rank: number;
  /** Processes. */
  readonly world: number;
}

/** The only process. */
export const WHOLE: Shard = { rank: 0, world: 1 };

/** All that a batch depends on besides its index. Plain data, so that it can be sent to a thread. */
export interface BatchRecipe {
  readonly photos: PhotoSet;
  readonly seed: number;
  /** Images of a batch. */
  readonly batch: number;
  readonly shard: Shard;
  readonly data: Pick<
    DataConfig,
    'gtSize' | 'scale' | 'flip' | 'rescale' | 'cropPad' | 'degradation' | 'maxMegapixels' | 'maxFailedShare'
  >;
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

/** A batch and the photos that turned out unreadable while it was made. */
export interface MadeBatch {
  /** Undefined if too many photos cannot be read. */
  readonly batch: PairBatch | undefined;
  readonly failures: readonly PhotoFailure[];
}

/** Makes batches in any order. */
export class BatchMaker {
  private readonly reader: PhotoReader;
  private readonly degrade: Degradation;

  constructor(private readonly recipe: BatchRecipe) {
    const { photos, seed, cacheBytes, data } = recipe;
    const { scale, maxMegapixels, maxFailedShare } = data;
    this.reader = new PhotoReader({ photos, seed, scale, maxMegapixels, maxFailedShare, cacheBytes });
    this.degrade = createDegradation(data.degradation, scale);
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
        if (!pair) return { batch: undefined, failures: this.reader.newFailures() };
        placeInBatch(pair.hr, hr, start + i);
        placeInBatch(pair.lq, lq, start + i);
        names[start + i] = pair.file;
      }
    }
    return { batch: { hr, lq, names }, failures: this.reader.newFailures() };
  }

  private async makePair(index: number, place: number): Promise<(CropPair & { file: string }) | undefined> {
    const { seed, batch, shard } = this.recipe;
    // Place in the batch that all processes make together: it names the photo and the draws.
    const sample = shard.rank * batch + place;
    const found = await this.reader.read(index * batch * shard.world + sample);
    if (!found) return undefined;
    const random = (purpose: string): CountedRandom => new CountedRandom({ seed, purpose, iteration: index, sample });
    return { file: found.file, ...(await this.cropPair(found, random)) };
  }

  private async cropPair({ photo, lq }: ReadPhoto, random: (purpose: string) => CountedRandom): Promise<CropPair> {
    const { data } = this.recipe;
    if (lq) return randomPairCrop(photo, lq, data, random('crop'));
    const gtSize = data.rescale ? data.gtSize : (data.cropPad ?? data.gtSize);
    const hr = randomCrop(photo, { ...data, gtSize }, random('crop'));
    return randomPart({ hr, lq: await this.degrade(hr, random('degradation')) }, data, random('part'));
  }
}
