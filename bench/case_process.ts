/** @file The parent's side of a case's process. */
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { EngineKind } from '../src/engine/types.js';
import type { BenchmarkName, Case, Runner } from './benchmark.js';
import { sizedRun } from './sizes.js';
import type { Answer, Peaks, Request, TimedRun } from './worker.js';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const PYTORCH_WORKER = fileURLToPath(new URL('./pytorch/worker.py', import.meta.url));

/** A case that is set up in a process of its own. */
export class CaseProcess {
  private constructor(private readonly child: ChildProcess) {}

  /**
   * Starts the process and waits until the case is set up.
   * @param python Interpreter that has PyTorch, for the runner `pytorch`.
   */
  static async start(name: BenchmarkName, measured: Case, runner: Runner, python?: string): Promise<CaseProcess> {
    const stdio: ForkOptions['stdio'] = ['ignore', 'inherit', 'inherit', 'ipc'];
    const child =
      runner === 'pytorch'
        ? fork(PYTORCH_WORKER, [name, JSON.stringify(await pytorchCase(measured))], {
            execPath: python,
            execArgv: [],
            stdio,
          })
        : fork(WORKER, [name, ...ourCase(measured, runner)], {
            execArgv: [...process.execArgv, '--expose-gc'],
            stdio,
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

/** A case as our worker takes it: its description, and the engine. */
function ourCase(measured: Case, runner: Exclude<Runner, 'pytorch'>): [string, EngineKind] {
  const recompute = runner === 'recompute';
  return [JSON.stringify({ ...measured, recompute }), recompute ? 'compiled' : runner];
}

/** A case as PyTorch's worker takes it: the run resolved, and the threads that TensorFlow takes by default. */
async function pytorchCase({ size, batch }: Case): Promise<object> {
  return { batch, threads: availableParallelism(), run: await sizedRun(size, batch) };
}
