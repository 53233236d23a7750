/** @file A training run of the study as a process of its own: `rsd-train`, and a line about the processor time it took. */
import { appendFileSync } from 'node:fs';
import { main } from '../../src/cli/rsd_train.js';
import { runMain } from '../../src/cli/run_main.js';

const [usage, ...argv] = process.argv.slice(2);
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  appendFileSync(usage!, `${JSON.stringify({ cpuSeconds: (user + system) / 1e6 })}\n`);
});
await runMain(main, argv);
