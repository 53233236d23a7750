/** @file Starts a command line program written in TypeScript, without a build step. */
import process from 'node:process';
import { register } from 'tsx/esm/api';

/** Runs `src/cli/<program>.ts` with this process's arguments. */
export async function launch(program) {
  register();
  const [{ runMain }, { main }] = await Promise.all([
    import('../src/cli/run_main.ts'),
    import(`../src/cli/${program}.ts`),
  ]);
  await runMain(main, process.argv.slice(2));
}
