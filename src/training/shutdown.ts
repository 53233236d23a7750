/** @file SIGINT and SIGTERM as a request that the training loop answers after its step. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof EXIT_CODES;

/** Ctrl-C reaches a program both from the terminal and from a launcher that passes it on; that is one request. */
const SAME_REQUEST_MS = 250;

/** Events and exit of the process; another object in tests. */
type ProcessLike = Pick<NodeJS.EventEmitter, 'on' | 'off'> & { exit(code: number): void };

/**
 * Listens for the two signals from its construction until {@link Shutdown.dispose}. The first one sets
 * {@link Shutdown.exitCode}; a later SIGINT ends the process at once, which loses work but harms no file, since whatever
 * is being saved has not yet got its final name.
 */
export class Shutdown {
  private firstSignal: StopSignal | undefined;
  private firstTime = 0;
  private readonly listeners = (Object.keys(EXIT_CODES) as StopSignal[]).map(
    (signal) =>
      [
        signal,
        () => {
          this.receive(signal);
        },
      ] as const,
  );

  /** @param onRequest is told once, e.g. to say that the step is being finished. */
  constructor(
    private readonly onRequest: (signal: StopSignal) => void = () => undefined,
    private readonly target: ProcessLike = process,
  ) {
    for (const [signal, listener] of this.listeners) target.on(signal, listener);
  }

  /** True once somebody asked to stop. */
  get requested(): boolean {
    return this.firstSignal !== undefined;
  }

  /** 130 after SIGINT, 143 after SIGTERM, undefined while nobody asked. */
  get exitCode(): 130 | 143 | undefined {
    return this.firstSignal && EXIT_CODES[this.firstSignal];
  }

  dispose(): void {
    for (const [signal, listener] of this.listeners) this.target.off(signal, listener);
  }

  private receive(signal: StopSignal): void {
    const now = performance.now();
    if (this.firstSignal === undefined) {
      this.firstSignal = signal;
      this.firstTime = now;
      this.onRequest(signal);
    } else if (signal === 'SIGINT' && now - this.firstTime >= SAME_REQUEST_MS) {
      this.target.exit(EXIT_CODES.SIGINT);
    }
  }
}
