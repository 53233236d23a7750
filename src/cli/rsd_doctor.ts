/** @file `rsd-doctor`: what this installation has, what it lacks, and the command that mends each thing. */
import { fileURLToPath } from 'node:url';
import { nativePackageFolder } from '../engine/library.js';
import type { Check } from '../setup/check.js';
import { examine } from '../setup/doctor.js';
import { createParser, parseArguments } from './arguments.js';

const USAGE = `$0 [--json]

Looks at Node, the packages, the native TensorFlow, devices and weights. Exits with 1 when something needed is missing.`;

const MARKS = { ok: 'ok', absent: '--', missing: 'XX' } as const;

/** The report as aligned lines; remedies under what they mend. */
function format(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .flatMap(({ name, status, found, remedy }) => [
      `${MARKS[status]}  ${name.padEnd(width)}  ${found}`,
      ...(remedy === undefined ? [] : [`${' '.repeat(width + 6)}-> ${remedy}`]),
    ])
    .join('\n');
}

function summary(checks: readonly Check[]): string {
  const missing = checks.filter(({ status }) => status === 'missing').map(({ name }) => name);
  return missing.length === 0 ? 'Everything needed is there.' : `Missing: ${missing.join(', ')}.`;
}

/** Entry point; see `--help`. */
export async function main(argv: string[]): Promise<number> {
  const parser = createParser('rsd-doctor', USAGE).options({
    json: { type: 'boolean', default: false, describe: 'print the report as JSON' },
  });
  const options = await parseArguments(parser, argv);
  if (!options) return 0;
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const checks = await examine({ root, packageDir: nativePackageFolder() });
  const healthy = checks.every(({ status }) => status !== 'missing');
  const report = options.json
    ? JSON.stringify({ healthy, checks }, null, 2)
    : `${format(checks)}\n\n${summary(checks)}`;
  process.stdout.write(`${report}\n`);
  return healthy ? 0 : 1;
}
