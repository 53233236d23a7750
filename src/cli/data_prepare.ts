/** @file `rsd-data prepare`: puts downloaded datasets where run files look for them, and says what is missing. */
import { join } from 'node:path';
import { arrange, planLayout, type ArrangeOptions, type Plan } from '../data/layouts/arrange.js';
import { isComplete, partLine, partReports } from '../data/layouts/completeness.js';
import type { Layout } from '../data/layouts/layout.js';
import { LAYOUT_NAMES, LAYOUTS, type LayoutName } from '../data/layouts/official.js';
import { UserError } from '../errors/user_error.js';
import { createParser, parseArguments } from './arguments.js';

const EXIT_INCOMPLETE = 1;
const REPORT_EVERY_MS = 2000;

const USAGE = `$0 DATASET --from DIR [--to DIR]

Puts a dataset that you downloaded where run files look for it, under the names they expect.
Files are hard links (which take no space) where that is possible, else copies. Nothing is
downloaded, moved, changed or deleted; what is there already is kept; run it again at any time.

${LAYOUT_NAMES.map((name) => describe(name, LAYOUTS[name])).join('\n')}`;

function describe(name: string, { title, target, download }: Layout): string {
  return `- ${name}: ${title} -> ${target}. Looks for ${download}.`;
}

/** Runs the command; exit code 0 if the dataset is complete, 1 if something of it is missing. */
export async function prepare(argv: string[]): Promise<number> {
  const parser = createParser('rsd-data prepare', USAGE)
    .options({
      from: {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'folder with what you downloaded and unpacked; searched with all below it',
      },
      to: { type: 'string', default: 'data', requiresArg: true, describe: 'folder of all data' },
      copy: { type: 'boolean', default: false, describe: 'copy files, even where links are possible' },
      'dry-run': { type: 'boolean', default: false, describe: 'say what would be done, and write nothing' },
    })
    .demandCommand(1, 1, `name a dataset: ${LAYOUT_NAMES.join(', ')}`, 'name one dataset')
    .example("$0 realsr --from ~/Downloads/'RealSR (ICCV2019)' --dry-run", 'is it all there?')
    .example('$0 imagenet --from /mnt/ilsvrc/train', 'links of 1.28 million photos below data/')
    .epilogue('Exits with 0 if the dataset is complete, 1 if something is missing, 2 on bad input.');
  const args = await parseArguments(parser, argv);
  if (!args) return 0;
  const name = String(args._[0]);
  if (!Object.hasOwn(LAYOUTS, name)) {
    throw new UserError('no such dataset', { key: name, expected: LAYOUT_NAMES.join(', ') });
  }
  const { from, to, copy, 'dry-run': dryRun } = args;
  return prepareLayout(LAYOUTS[name as LayoutName], { from, to, copy, dryRun });
}

async function prepareLayout(
  layout: Layout,
  { copy, dryRun, ...places }: ArrangeOptions & { copy: boolean; dryRun: boolean },
): Promise<number> {
  const plan = await planLayout(layout, places);
  const target = join(places.to, layout.target);
  print(`${layout.title} -> ${target}`);
  const reports = partReports(layout, plan.found);
  for (const report of reports) print(`  ${partLine(report)}`);
  const present = plan.found.length - plan.steps.length;
  if (dryRun) {
    print(`  ${present} in place already, ${plan.steps.length} to be put there (dry run: nothing was written)`);
  } else {
    const { linked, copied } = await arrange(plan.steps, copy, reporting(plan.steps.length));
    print(`  ${present} were in place already, ${linked} linked, ${copied} copied`);
  }
  if (plan.found.length > 0) print(`  for: ${layout.use}`);
  if (isComplete(reports)) return 0;
  for (const line of advice(layout, plan)) print(`  ${line}`);
  return EXIT_INCOMPLETE;
}

function advice({ download }: Layout, { found, archives }: Plan): string[] {
  return [
    ...(archives.length > 0 ? [`archives that are not unpacked: ${archives.slice(0, 5).join(', ')}`] : []),
    ...(found.length === 0 ? [`nothing of this dataset was found; expected: ${download}`] : []),
  ];
}

function reporting(total: number): () => void {
  let [done, last] = [0, performance.now()];
  return () => {
    done++;
    if (performance.now() - last < REPORT_EVERY_MS) return;
    last = performance.now();
    print(`  ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} files`);
  };
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
