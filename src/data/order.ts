/** @file Which photo comes when: a shuffle of its own for each pass over the data, a function of (seed, pass). */
import { CountedRandom } from '../random/counted.js';

function shuffled(size: number, random: CountedRandom): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

/** Fisher-Yates shuffle of 0..size-1 for pass `epoch`. */
export function shuffledIndices(seed: number, epoch: number, size: number): Uint32Array {
  return shuffled(size, new CountedRandom({ seed, purpose: 'data order', iteration: epoch }));
}

/** `length` (at most `size`) of 0..size-1, drawn without repetition, ascending. */
export function randomSubset(seed: number, length: number, size: number): Uint32Array {
  return shuffled(size, new CountedRandom({ seed, purpose: 'data subset' }))
    .slice(0, length)
    .sort();
}

/** The endless sequence of photos: pass after pass, each shuffled anew. */
export class DataOrder {
  /** The two passes a batch can touch when it runs over the end of one. */
  private readonly passes = new Map<number, Uint32Array>();

  /** @param size number of photos */
  constructor(
    private readonly seed: number,
    private readonly size: number,
  ) {}

  /**
   * The photo at `position` (0, 1, 2, ... over all passes); with `skip` > 0 the one so many places later in the same
   * pass, going round at its end: what stands in for photos that cannot be read.
   * @returns index in [0, size)
   */
  photoAt(position: number, skip = 0): number {
    const epoch = Math.floor(position / this.size);
    return this.pass(epoch)[((position % this.size) + skip) % this.size]!;
  }

  private pass(epoch: number): Uint32Array {
    let pass = this.passes.get(epoch);
    if (!pass) {
      pass = shuffledIndices(this.seed, epoch, this.size);
      this.passes.set(epoch, pass);
      if (this.passes.size > 2) this.passes.delete(this.passes.keys().next().value!);
    }
    return pass;
  }
}
