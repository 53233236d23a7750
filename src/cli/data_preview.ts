/** @file `rsd-data preview`: the first training pairs of a run as a picture and a page. */
import { join } from 'node:path';
import { writeAtomically } from '../files/atomic_file.js';
import { createParser, parseArguments } from './arguments.js';
import { openRun, runArguments } from './data_run.js';
import { createLogger, logArguments } from './log.js';

const USAGE = `$0 --config RUN [--count 24] [--output preview]

Shows the training pairs that a run would begin with, degraded as it would degrade them. Writes
preview.png (one sheet) and preview.html (a page of its own with what was drawn for each pair).
docs/data.md says what each of them should look like.`;

const WHOLE_NUMBER = /^[1-9]\d{0,3}$/;

/** Runs the command. */
export async function preview(argv: string[]): Promise<number> {
  const parser = createParser('rsd-data preview', USAGE)
    .parserConfiguration({ 'duplicate-arguments-array': true, 'greedy-arrays': false })
    .options({
      ...runArguments,
      count: { type: 'string', default: '24', requiresArg: true, describe: 'pairs' },
      output: { type: 'string', default: 'preview', requiresArg: true, describe: 'folder of the two files' },
      ...logArguments,
    })
    .check(({ count }) => WHOLE_NUMBER.test(count) || `--count: expected a number from 1 to 9999, found ${count}`)
    .example('$0 --config realsr --set data.train=photos/train', 'the official degradation on the shipped photos')
    .example('$0 --config my-run.yaml --set train.batch=8 --count 8', 'some draws are one for a whole batch');
  const args = await parseArguments(parser, argv);
  if (!args) return 0;
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  const { config, file } = await openRun(args.config, args.set);
  const { previewPairs } = await import('../reports/data_preview/preview_pairs.js');
  const { data, seed, train } = config;
  const shown = await previewPairs(
    { data, seed, batch: train.batch, log: (line) => log.info(line) },
    Number(args.count),
  );
  const degradation = data.lq === null ? data.degradation.kind : 'none (stored pairs)';
  const { previewSheet } = await import('../reports/data_preview/preview_sheet.js');
  const { previewPage } = await import('../reports/data_preview/preview_page.js');
  const files = {
    'preview.png': await previewSheet(shown.pairs),
    'preview.html': Buffer.from(await previewPage(shown, { run: file, degradation })),
  };
  for (const [name, content] of Object.entries(files)) {
    await writeAtomically(join(args.output, name), (write) => write(content));
    log.info(`wrote ${join(args.output, name)}`);
  }
  for (const failure of shown.failures) log.warn(`cannot be read: ${failure.file}: ${failure.reason}`);
  return 0;
}
