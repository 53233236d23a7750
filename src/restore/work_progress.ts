/** @file Images in, images out: how far a list of images is, and how long the rest will take. */

/** Images of known work that are done one after another. */
export class WorkProgress {
  private readonly begin: number;
  private total: number;
  private finished = 0;
  private fraction = 0;
  private index = 0;

  /**
   * @param work Of each image, in any unit; 0 for those that will fail.
   * @param now Clock in seconds.
   */
  constructor(
    private readonly work: readonly number[],
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.total = work.reduce((sum, value) => sum + value, 0);
    this.begin = now();
  }

  /** The share of the present image that is done, in [0, 1]. */
  advance(fraction: number): void {
    this.fraction = fraction;
  }

  /** The present image is done, the next one begins. A failed one's work says nothing about the time of the others. */
  next(outcome: 'restored' | 'failed'): void {
    const work = this.work[this.index++] ?? 0;
    if (outcome === 'restored') this.finished += work;
    else this.total -= work;
    this.fraction = 0;
  }

  private get done(): number {
    return this.finished + this.fraction * (this.work[this.index] ?? 0);
  }

  /** Of all the work, in [0, 100]. */
  get percent(): number {
    return this.total > 0 ? (100 * this.done) / this.total : 100;
  }

  /** Seconds until all is done, at the speed so far; `undefined` before anything is. */
  get secondsLeft(): number | undefined {
    const { done } = this;
    if (done <= 0) return undefined;
    return ((this.now() - this.begin) / done) * Math.max(this.total - done, 0);
  }
}
