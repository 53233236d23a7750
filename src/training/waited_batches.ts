/** @file How long a training waits for its data: time in which no step runs because a batch is not there yet. */
import type { PairBatch, PairBatches } from '../methods/method.js';

/** Batches, and the clock that runs while one is waited for. */
export class WaitedBatches implements PairBatches {
  private waited = 0;

  constructor(private readonly batches: PairBatches) {}

  batch(index: number): Promise<PairBatch> {
    return this.timed(() => this.batches.batch(index));
  }

  fresh(index: number): Promise<PairBatch> {
    return this.timed(() => this.batches.fresh(index));
  }

  /** Seconds waited since the last call. */
  takeSeconds(): number {
    const seconds = this.waited / 1000;
    this.waited = 0;
    return seconds;
  }

  private async timed<T>(get: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await get();
    } finally {
      this.waited += performance.now() - begin;
    }
  }
}
