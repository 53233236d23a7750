/** @file How far a training is and how long it will still take: one live line on a terminal, a log line now and then elsewhere. */

/** Steps that the running median looks at: enough to pass over checkpoints and validations, few enough to follow a change. */
const MEDIAN_WINDOW = 51;

/** The part of a writable terminal stream that is used. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Options of {@link Progress}. */
export interface ProgressOptions {
  /** Iterations of the whole run. */
  readonly total: number;
  /** Images of one iteration. */
  readonly batch: number;
  readonly stream: ProgressStream;
  /** Receives a line every `logEverySeconds` where the stream is no terminal. */
  readonly log: (line: string) => void;
  readonly logEverySeconds?: number;
  /** Clock in seconds. */
  readonly now?: () => number;
}

/** Median of the last few step durations: one slow step (a checkpoint, a validation) does not move it. */
export class RunningMedian {
  private readonly values: number[] = [];

  constructor(private readonly window: number) {}

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > this.window) this.values.shift();
  }

  /** The lower median, or undefined before the first value. */
  get value(): number | undefined {
    return [...this.values].sort((a, b) => a - b)[Math.floor((this.values.length - 1) / 2)];
  }
}

/** `1:02:03` or `2:03` from seconds; `12d 01:02:03` from a day on. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [days, hours, minutes] = [
    Math.floor(whole / 86400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (days > 0) return `${days}d ${two(hours)}:${two(minutes)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Reports the iterations of one run as they finish. */
export class Progress {
  private readonly median = new RunningMedian(MEDIAN_WINDOW);
  private readonly now: () => number;
  private readonly begin: number;
  private lastStep: number;
  private lastLog = -Infinity;
  private shown = false;

  constructor(private readonly options: ProgressOptions) {
    this.now = options.now ?? (() => performance.now() / 1000);
    this.begin = this.lastStep = this.now();
  }

  /**
   * One more iteration is done.
   *
   * @param losses terms to show, in this order.
   */
  update(iteration: number, losses: Readonly<Record<string, number>>): void {
    const now = this.now();
    this.median.add(now - this.lastStep);
    this.lastStep = now;
    const line = this.format(iteration, losses, now - this.begin);
    if (this.options.stream.isTTY) {
      // One column is left free: a full line makes some terminals wrap, and the carriage return then misses its start.
      this.options.stream.write(`\r${line.slice(0, (this.options.stream.columns ?? 80) - 1)}\x1b[K`);
      this.shown = true;
    } else if (now - this.lastLog >= (this.options.logEverySeconds ?? 30) || iteration >= this.options.total) {
      this.options.log(line);
      this.lastLog = now;
    }
  }

  /** Wipes the live line, so that something else can be printed; the next update draws it again. */
  clear(): void {
    if (this.shown) this.options.stream.write('\r\x1b[K');
    this.shown = false;
  }

  /** Leaves the last line standing. */
  finish(): void {
    if (this.shown) this.options.stream.write('\n');
    this.shown = false;
  }

  private format(iteration: number, losses: Readonly<Record<string, number>>, elapsed: number): string {
    const { total, batch } = this.options;
    const step = this.median.value!;
    const terms = Object.entries(losses).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
    return [
      `${String(iteration).padStart(String(total).length)}/${total}`,
      `${((100 * iteration) / total).toFixed(1)}%`,
      `ETA ${formatDuration(step * (total - iteration))}`,
      step > 0 ? `${(batch / step).toPrecision(3)} img/s` : '- img/s',
      ...terms,
      `elapsed ${formatDuration(elapsed)}`,
    ].join('  ');
  }
}
