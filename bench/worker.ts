/** @file The process of one case: sets it up, then runs it once for every message, so that its peak memory is its own. */
import { createEngine } from '../src/engine/engine.js';
import { BENCHMARKS, type BenchmarkName, type Case, type Seconds } from './benchmark.js';

/** What the parent asks for: a run, or the end. */
export type Request = 'run' | 'end';

/** The answers: set up; one run; the end. Peak resident memory in MiB. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'run'; readonly seconds: Seconds; readonly cpu: number }
  | { readonly kind: 'end'; readonly peakRssMb: number };

const answer = (message: Answer): void => {
  process.send!(message);
};

const KIB_PER_MIB = 1024;
const [name, json] = process.argv.slice(2) as [BenchmarkName, string];
const measured = JSON.parse(json) as Case;
const engine = createEngine({ kind: measured.engine });
const run = await (await BENCHMARKS[name].load()).prepare(engine, measured);

// The weights on the host are garbage now; a training, too, sheds them before long.
globalThis.gc?.();

process.on('message', (request: Request) => {
  void respond(request);
});
answer({ kind: 'ready' });

async function respond(request: Request): Promise<void> {
  if (request === 'run') {
    const before = process.cpuUsage();
    const seconds = await run();
    const { user, system } = process.cpuUsage(before);
    answer({ kind: 'run', seconds, cpu: (user + system) / 1e6 });
    return;
  }
  answer({ kind: 'end', peakRssMb: Math.round(process.resourceUsage().maxRSS / KIB_PER_MIB) });
  engine.dispose();
  process.disconnect();
}
