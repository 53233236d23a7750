/** @file Makes training batches: the photos of a batch, read, cropped, degraded. A pure function of (recipe, index). */
import { batchDegradation, degradationSides, degradedSide } from '../config/degradation_sides.js';
import type { DataConfig } from '../config/schema.js';
import type { RealEsrganConfig } from '../config/sections/degradation.js';
import { CHANNELS, placeInBatch } from '../images/pixels.js';
import { CountedRandom } from '../random/counted.js';
import { randomCrop, randomPairCrop, randomPart, type CropPair } from './crop.js';
import { createDegradation } from './degradation.js';
import { drawDegradation, type DegradationDraws } from './degradation/draws.js';
import type { Degradation } from './image_degradation.js';
import { PhotoReader, type PhotoFailure, type PhotoSet, type ReadPhoto } from './photo_reader.js';

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
    'lq' | 'gtSize' | 'scale' | 'flip' | 'rescale' | 'cropPad' | 'degradation' | 'maxMegapixels' | 'maxFailedShare'
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
  /** How they were degraded, where that was drawn for the whole batch. */
  readonly draws?: DegradationDraws;
}

/** HR images of one batch whose LQ images are still to be made on the device. */
export interface UndegradedBatch {
  /** [B, side, side, 3] in [0, 1], of the side that is degraded. */
  readonly hr: Float32Array;
  readonly names: readonly string[];
  readonly draws: DegradationDraws;
}

/** A batch and the photos that turned out unreadable while it was made. */
export interface MadeBatch {
  /** Undefined if too many photos cannot be read. */
  readonly batch: PairBatch | UndegradedBatch | undefined;
  readonly failures: readonly PhotoFailure[];
}

/** Makes batches in any order. */
export class BatchMaker {
  private readonly reader: PhotoReader;

  constructor(private readonly recipe: BatchRecipe) {
    const { photos, seed, cacheBytes, data } = recipe;
    const { scale, maxMegapixels, maxFailedShare } = data;
    this.reader = new PhotoReader({ photos, seed, scale, maxMegapixels, maxFailedShare, cacheBytes });
  }

  /** @param index which batch: 0, 1, 2, ... over all passes */
  async make(index: number): Promise<MadeBatch> {
    const degradation = batchDegradation(this.recipe.data);
    const batch = degradation ? await this.makeUndegraded(index, degradation) : await this.makePairs(index);
    return { batch, failures: this.reader.newFailures() };
  }

  private async makePairs(index: number): Promise<PairBatch | undefined> {
    const { batch, data } = this.recipe;
    const { degradation, gtSize, scale } = data;
    // Pairs of photos are not degraded.
    const degrade = degradation.kind === 'realesrgan' ? undefined : createDegradation(degradation, scale);
    const made = await this.makeSamples(index, (found, random) => this.cropPair(found, degrade, random));
    if (!made) return undefined;
    const hr = new Float32Array(batch * gtSize ** 2 * CHANNELS);
    const lq = new Float32Array(batch * (gtSize / scale) ** 2 * CHANNELS);
    made.forEach(({ sample }, i) => {
      placeInBatch(sample.hr, hr, i);
      placeInBatch(sample.lq, lq, i);
    });
    return { hr, lq, names: made.map(({ file }) => file) };
  }

  private async makeUndegraded(index: number, degradation: RealEsrganConfig): Promise<UndegradedBatch | undefined> {
    const { batch, data, seed, shard } = this.recipe;
    const sides = degradationSides(data, degradation);
    const made = await this.makeSamples(index, ({ photo }, random) =>
      Promise.resolve(randomCrop(photo, { ...data, gtSize: sides.hr }, random('crop'))),
    );
    if (!made) return undefined;
    const hr = new Float32Array(batch * sides.hr ** 2 * CHANNELS);
    made.forEach(({ sample }, i) => {
      hr.set(sample.data, i * sample.data.length);
    });
    const key = { seed, purpose: 'degradation', index, samples: batch, first: shard.rank * batch };
    return { hr, names: made.map(({ file }) => file), draws: drawDegradation(degradation, sides, key) };
  }

  /** Reads the photos of a batch, some at a time, and makes something of each; undefined if too many cannot be read. */
  private async makeSamples<T>(
    index: number,
    make: (found: ReadPhoto, random: (purpose: string) => CountedRandom) => Promise<T>,
  ): Promise<{ file: string; sample: T }[] | undefined> {
    const { seed, batch, shard } = this.recipe;
    const makeOne = async (place: number): Promise<{ file: string; sample: T } | undefined> => {
      // Place in the batch that all processes make together: it names the photo and the draws.
      const sample = shard.rank * batch + place;
      const found = await this.reader.read(index * batch * shard.world + sample);
      if (!found) return undefined;
      const random = (purpose: string): CountedRandom => new CountedRandom({ seed, purpose, iteration: index, sample });
      return { file: found.file, sample: await make(found, random) };
    };
    const made: { file: string; sample: T }[] = [];
    for (let start = 0; start < batch; start += CONCURRENT_SAMPLES) {
      const places = Array.from({ length: Math.min(CONCURRENT_SAMPLES, batch - start) }, (_, i) => start + i);
      for (const sample of await Promise.all(places.map(makeOne))) {
        if (!sample) return undefined;
        made.push(sample);
      }
    }
    return made;
  }

  private async cropPair(
    { photo, lq }: ReadPhoto,
    degrade: Degradation | undefined,
    random: (purpose: string) => CountedRandom,
  ): Promise<CropPair> {
    const { data } = this.recipe;
    if (lq) return randomPairCrop(photo, lq, data, random('crop'));
    const hr = randomCrop(photo, { ...data, gtSize: degradedSide(data) }, random('crop'));
    return randomPart({ hr, lq: await degrade!(hr, random('degradation')) }, data, random('part'));
  }
}
