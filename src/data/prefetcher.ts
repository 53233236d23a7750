/** @file Work done ahead: results 0, 1, 2, ... are asked for about in order, and made before they are asked for. */

/** Makes the result of an index; called with one index at a time. */
export type Producer<T> = (index: number) => Promise<T>;

interface Entry<T> {
  readonly promise: Promise<T>;
  readonly settle: (result: Promise<T>) => void;
  started: boolean;
  /** Somebody waits for it: never dropped. */
  wanted: boolean;
}

/** Spreads the making of results over producers, at most one index to each at a time. */
export class Prefetcher<T> {
  private readonly entries = new Map<number, Entry<T>>();
  private readonly idle: Producer<T>[];

  /**
   * @param producers equal workers, at least one
   * @param ahead results made before they are asked for (0: none)
   */
  constructor(
    producers: readonly Producer<T>[],
    private readonly ahead: number,
  ) {
    this.idle = [...producers];
  }

  /** The result of `index`; the next ones are begun. A result is handed over once and not kept. */
  get(index: number): Promise<T> {
    this.dropOutside(index, index + this.ahead);
    for (let i = index; i <= index + this.ahead; i++) if (!this.entries.has(i)) this.entries.set(i, newEntry<T>());
    const entry = this.entries.get(index)!;
    entry.wanted = true;
    this.startIdle();
    const forget = () => {
      if (this.entries.get(index) === entry) this.entries.delete(index);
    };
    entry.promise.then(forget, forget);
    return entry.promise;
  }

  /** Forgets what is not begun, except what somebody waits for. */
  private dropOutside(first: number, last: number): void {
    for (const [index, entry] of this.entries) {
      if (!entry.wanted && (index < first || index > last)) this.entries.delete(index);
    }
  }

  private startIdle(): void {
    // Wanted ones first, then in order of index.
    const waiting = [...this.entries].filter(([, entry]) => !entry.started);
    waiting.sort(([a, x], [b, y]) => Number(y.wanted) - Number(x.wanted) || a - b);
    for (const [index, entry] of waiting) {
      const producer = this.idle.pop();
      if (!producer) return;
      entry.started = true;
      const result = producer(index);
      entry.settle(result);
      const free = () => {
        this.idle.push(producer);
        this.startIdle();
      };
      result.then(free, free);
    }
  }
}

function newEntry<T>(): Entry<T> {
  let settle!: (result: Promise<T>) => void;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  // A failure made ahead is reported to whoever asks for it, not as an unhandled rejection.
  promise.catch(() => undefined);
  return { promise, settle, started: false, wanted: false };
}
