/** @file `rsd-eval`: measures restored images, or restores and measures, and writes a report. */
import { parseDevice, selectDevice } from '../engine/device.js';
import { Shutdown } from '../training/shutdown.js';
import { parseArguments } from './arguments.js';
import { createEvalParser } from './eval_arguments.js';
import { planEvaluation } from './eval_plan.js';
import { createLogger } from './log.js';

/** Runs the program; see `--help`. Answers 1 if some images could not be restored. */
export async function main(argv: string[]): Promise<number> {
  const args = await parseArguments(createEvalParser(), argv);
  if (!args) return 0;
  const plan = planEvaluation(args);
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  selectDevice(parseDevice(args.device));
  // TensorFlow looks at the selected device when it is first imported.
  const { runEvaluation } = await import('./eval_run.js');
  const stop = new AbortController();
  const shutdown = new Shutdown(() => {
    log.warn('stopping (Ctrl-C again ends at once); the same command goes on from here');
    stop.abort();
  });
  try {
    return await runEvaluation(plan, log, stop.signal);
  } catch (error) {
    if (stop.signal.aborted && shutdown.exitCode !== undefined) return shutdown.exitCode;
    throw error;
  } finally {
    shutdown.dispose();
  }
}
