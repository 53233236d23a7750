/** @file The parent's side of a case's process. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BenchmarkName, Case } from './benchmark.js';
import type { Answer, Peaks, Request, TimedRun } from './worker.js';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** A case that is set up in a process of its own. */
export class CaseProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts the process and waits until the case is set up. */
  static async start(name: BenchmarkName, measured: Case): Promise<CaseProcess> {
    const child = fork(WORKER, [name, JSON.stringify(measured)], {
      execArgv: [...process.execArgv, '--expose-gc'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const started = new CaseProcess(child);
    await started.answer('ready');
    return started;
  }

  /** One timed run. */
  async run(): Promise<TimedRun> {
    return this.ask('run', 'run');
  }

  /** Ends the process. */
  async end(): Promise<Peaks> {
    return (await this.ask('end', 'end')).peaks;
  }

  /** Ends the process at once; for the case that something else failed. */
  kill(): void {
    this.child.kill();
  }

  private async ask<K extends Answer['kind']>(request: Request, kind: K): Promise<Extract<Answer, { kind: K }>> {
    const answered = this.answer(kind);
    this.child.send(request);
    return answered;
  }

  private async answer<K extends Answer['kind']>(kind: K): Promise<Extract<Answer, { kind: K }>> {
    const stop = new AbortController();
    const { signal } = stop;
    try {
      const died = once(this.child, 'exit', { signal }).then(([code, killedBy]) => {
        throw new Error(`the process of a case ended early: ${String(killedBy ?? `exit code ${String(code)}`)}`);
      });
      const [answer] = (await Promise.race([once(this.child, 'message', { signal }), died])) as [Answer];
      if (answer.kind !== kind) throw new Error(`expected the answer ${kind}, got ${answer.kind}`);
      return answer as Extract<Answer, { kind: K }>;
    } finally {
      stop.abort();
    }
  }
}
