/** @file `rsd-data`: prepares datasets, shows training pairs, measures photos. */
import { prepare } from './data_prepare.js';
import { preview } from './data_preview.js';
import { stats } from './data_stats.js';
import { runSubcommand } from './subcommands.js';

const USAGE = `$0 <command>

Training data: puts downloaded datasets where run files look for them, shows the pairs that a run
would be trained on, and says what photos there are. docs/data.md is the guide.`;

/** Runs the program; see `--help`. */
export function main(argv: string[]): Promise<number> {
  return runSubcommand(
    {
      name: 'rsd-data',
      usage: USAGE,
      commands: {
        prepare: { usage: 'prepare DATASET', describe: 'put a downloaded dataset in its place', run: prepare },
        preview: { usage: 'preview', describe: 'a picture and a page of training pairs', run: preview },
        stats: { usage: 'stats', describe: 'sizes, failures and speed of the photos of a run', run: stats },
      },
      examples: [
        ['$0 prepare realsr --from ~/Downloads/RealSR', 'links below data/test, and what is missing'],
        ['$0 preview --config realsr --set data.train=my-photos', 'preview/preview.png and preview.html'],
        ['$0 stats --config realsr --set data.train=my-photos', 'what photos are these?'],
      ],
    },
    argv,
  );
}
