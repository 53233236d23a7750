/** @file `rsd-report`: one page about a run or several. */
import path from 'node:path';
import { UserError } from '../errors/user_error.js';
import { reportRuns } from '../reports/run/report_runs.js';
import { createParser, parseArguments } from './arguments.js';
import { createLogger, logArguments } from './log.js';

const USAGE = `$0 RUN... [--output FILE]

Draws what rsd-train logged: losses, validation, gradient norms, learning rates, time and memory,
sample grids, settings in which the runs differ. One HTML file that needs nothing else. Runs may still
be going on.`;

const GRIDS = 4;

/** Runs the program; see `--help`. */
export async function main(argv: string[]): Promise<number> {
  const parser = createParser('rsd-report', USAGE)
    .demandCommand(1, 'name at least one run folder')
    .strict(false)
    .strictOptions()
    .options({
      output: {
        type: 'string',
        requiresArg: true,
        describe: 'HTML file to write',
        defaultDescription: 'report.html in the run folder; needed for several',
      },
      title: { type: 'string', requiresArg: true, describe: 'of the page', defaultDescription: "the runs' names" },
      grids: { type: 'number', default: GRIDS, requiresArg: true, describe: 'sample grids of each run, at most' },
      ...logArguments,
    })
    .example('$0 runs/mine', 'writes runs/mine/report.html')
    .example('$0 runs/a runs/b --output compared.html', 'two runs over each other');
  const args = await parseArguments(parser, argv);
  if (!args) return 0;
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  const folders = args._.map(String);
  const output = args.output ?? (folders.length === 1 ? path.join(folders[0]!, 'report.html') : undefined);
  if (output === undefined) {
    throw new UserError('several runs need a file to write to', { key: '--output', expected: 'an HTML file' });
  }
  if (!Number.isInteger(args.grids) || args.grids < 0) {
    throw new UserError('impossible number', {
      key: '--grids',
      expected: 'a whole number from 0',
      found: `${args.grids}`,
    });
  }
  const title = args.title ?? folders.map((folder) => path.basename(path.resolve(folder))).join(', ');
  await reportRuns(folders, { title, output, grids: args.grids });
  log.info(`wrote ${output}`);
  return 0;
}
