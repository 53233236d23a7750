/** @file Works in long steps and leaves after one when asked to, with the code of the signal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Shutdown } from '../../../src/training/shutdown.js';

async function train(): Promise<void> {
  const shutdown = new Shutdown((signal) => process.stdout.write(`received ${signal}\n`));
  process.stdout.write('ready\n');
  while (!shutdown.requested) await sleep(1500);
  process.stdout.write('saved\n');
  shutdown.dispose();
  process.exitCode = shutdown.exitCode;
}

void train();
