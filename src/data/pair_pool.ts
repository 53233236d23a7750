/**
 * @file A pool of training pairs between the stream and the training step: pairs that share the draws of a batch are spread
 * over many batches.
 */
import { batchDegradation } from '../config/degradation_sides.js';
import type { DataConfig } from '../config/schema.js';
import { CountedRandom } from '../random/counted.js';
import type { HostTree } from '../weights/tree.js';

/** Batches that the pool holds by default. */
const DEFAULT_BATCHES = 10;

/**
 * Pairs in the pool of a run: as configured, or ten batches where draws are shared by a batch.
 * @param batch images of a batch
 */
export function poolSize(data: Pick<DataConfig, 'pool' | 'lq' | 'degradation'>, batch: number): number {
  return data.pool ?? (batchDegradation(data) ? DEFAULT_BATCHES * batch : 0);
}

/** Images of one batch, any range. */
interface Pairs {
  readonly hr: Float32Array;
  readonly lq: Float32Array;
}

export interface PairPoolOptions {
  readonly seed: number;
  /** Pairs in the full pool: a multiple of `batch`. */
  readonly size: number;
  /** Pairs of a batch. */
  readonly batch: number;
  /** Sides of HR and LQ images. */
  readonly hrSide: number;
  readonly lqSide: number;
}

/**
 * Keeps `size` pairs. While it fills, every batch is kept and passed on as it is; then each batch takes the place of random
 * pairs, which are passed on instead. State of the training: what it gives depends on all batches before.
 */
export class PairPool {
  private readonly hr: Float32Array;
  private readonly lq: Float32Array;
  private filled = 0;
  private following = 0;

  constructor(private readonly options: PairPoolOptions) {
    const { size, hrSide, lqSide } = options;
    this.hr = new Float32Array(size * hrSide ** 2 * 3);
    this.lq = new Float32Array(size * lqSide ** 2 * 3);
  }

  /** Index of the batch that has to be exchanged next. */
  get next(): number {
    return this.following;
  }

  /**
   * Takes batch `index` in and gives one out.
   * @throws Error if it is not the turn of this batch
   */
  exchange(index: number, pairs: Pairs): Pairs {
    if (index !== this.following) throw new Error(`batch ${index} comes to the pool in the place of ${this.following}`);
    this.following += 1;
    const { size, batch } = this.options;
    if (this.filled < size) {
      const places = Array.from({ length: batch }, (_, i) => this.filled + i);
      this.swap(places, { hr: pairs.hr.slice(), lq: pairs.lq.slice() });
      this.filled += batch;
      return pairs;
    }
    const given = { hr: pairs.hr.slice(), lq: pairs.lq.slice() };
    this.swap(this.drawPlaces(index), given);
    return given;
  }

  /** What there is, float32: `hr` and `lq` [pairs, side, side, 3]. */
  state(): HostTree {
    const { hrSide, lqSide } = this.options;
    const part = (images: Float32Array, side: number) => ({
      shape: [this.filled, side, side, 3],
      data: images.subarray(0, this.filled * side ** 2 * 3),
    });
    return new Map([
      ['hr', part(this.hr, hrSide)],
      ['lq', part(this.lq, lqSide)],
    ]);
  }

  /** Goes on from a {@link state} and the index {@link next} that it had. */
  restore(state: HostTree, next: number): void {
    const [hr, lq] = [state.get('hr')!, state.get('lq')!];
    this.hr.set(hr.data);
    this.lq.set(lq.data);
    this.filled = hr.shape[0]!;
    this.following = next;
  }

  /** Different places, uniformly: the beginning of a shuffle (Fisher-Yates). */
  private drawPlaces(index: number): number[] {
    const { seed, size, batch } = this.options;
    const random = new CountedRandom({ seed, purpose: 'pool', iteration: index });
    const moved = new Map<number, number>();
    return Array.from({ length: batch }, (_, i) => {
      const drawn = i + random.integer(size - i);
      const place = moved.get(drawn) ?? drawn;
      moved.set(drawn, moved.get(i) ?? i);
      return place;
    });
  }

  /** Exchanges the pairs at `places` with the given ones, in place. */
  private swap(places: readonly number[], given: Pairs): void {
    const { hrSide, lqSide } = this.options;
    for (const [pool, images, side] of [
      [this.hr, given.hr, hrSide],
      [this.lq, given.lq, lqSide],
    ] as const) {
      const size = side ** 2 * 3;
      places.forEach((place, i) => {
        const [kept, fresh] = [
          pool.subarray(place * size, (place + 1) * size),
          images.subarray(i * size, (i + 1) * size),
        ];
        const old = kept.slice();
        kept.set(fresh);
        fresh.set(old);
      });
    }
  }
}
