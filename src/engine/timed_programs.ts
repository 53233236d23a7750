/** @file Seconds that each run of a program takes. */
import type { Engine } from './types.js';

/** Prepares programs of `engine`; `ran` is told every run of one. */
export function timedPrograms(
  engine: Pick<Engine, 'prepare'>,
  ran: (program: string, seconds: number) => void,
): Pick<Engine, 'prepare'> {
  return {
    prepare: (program) => {
      const executable = engine.prepare(program);
      return {
        run: async (feeds) => {
          const start = performance.now();
          const results = await executable.run(feeds);
          ran(program.name, (performance.now() - start) / 1000);
          return results;
        },
      };
    },
  };
}
