/** @file Threads that make batches, seen from the main thread. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BatchRecipe, MadeBatch } from './batch_maker.js';

/** The thread's module, in whichever form this one was loaded. */
const MODULE = new URL(`./batch_worker${extname(import.meta.url)}`, import.meta.url).href;

/** What the thread runs first: from source it needs the TypeScript loader, which threads do not inherit. */
function startScript(): string {
  const load = `import(${JSON.stringify(MODULE)})`;
  if (!MODULE.endsWith('.ts')) return load;
  return `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => { register(); return ${load}; })`;
}

/** One thread; takes one index at a time. */
export class BatchThread {
  private readonly worker: Worker;
  private pending: { resolve: (made: MadeBatch) => void; reject: (error: Error) => void } | undefined;
  private failure: Error | undefined;

  constructor(recipe: BatchRecipe) {
    this.worker = new Worker(startScript(), { eval: true, workerData: recipe });
    // An idle thread must not keep the process from ending.
    this.worker.unref();
    this.worker.on('message', (made: MadeBatch) => this.settle()?.resolve(made));
    this.worker.on('error', (error) => {
      this.fail(error);
    });
    this.worker.on('exit', (code) => {
      this.fail(new Error(`a data thread ended with code ${code}`));
    });
  }

  /** Has the batch made. @throws what ended the thread, if it has ended or ends. */
  make(index: number): Promise<MadeBatch> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise<MadeBatch>((resolve, reject) => {
      this.pending = { resolve, reject };
      this.worker.ref();
      this.worker.postMessage(index);
    });
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private settle() {
    const { pending } = this;
    this.pending = undefined;
    this.worker.unref();
    return pending;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.settle()?.reject(this.failure);
  }
}
