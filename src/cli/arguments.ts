/** @file Strict command line parsing: unknown options are errors with a suggestion, help never runs the program. */
import { createRequire } from 'node:module';
import type { Argv } from 'yargs';
import packageJson from '../../package.json' with { type: 'json' };
import { suggestion } from '../errors/suggestion.js';
import { UserError } from '../errors/user_error.js';

// The CommonJS build wraps help texts between words; the ESM one breaks inside them.
const yargs = createRequire(import.meta.url)('yargs/yargs') as () => Argv;

/**
 * A parser to which a program adds its `.options({...})` and `.positional(...)`.
 * @param program Name as typed, e.g. `rsd-train`.
 * @param usage One or more lines; `$0` stands for the program's name.
 */
export function createParser(program: string, usage: string): Argv {
  return yargs()
    .scriptName(program)
    .usage(usage)
    .version(packageJson.version)
    .help()
    .alias({ h: 'help' })
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .strict()
    .wrap(Math.min(110, process.stdout.columns || 110));
}

/** Options by name, as written and in camel case. */
type ParsedArguments<T> = Awaited<ReturnType<Argv<T>['parseAsync']>>;

/**
 * Parses `argv`.
 * @returns The options, or `undefined` after `--help` or `--version`, whose text has then been printed.
 * @throws {UserError} on an unknown option (with a suggestion), a missing one or a bad value.
 */
export async function parseArguments<T>(
  parser: Argv<T>,
  argv: readonly string[],
): Promise<ParsedArguments<T> | undefined> {
  let failure: Error | undefined;
  let printed = '';
  const parsed = await parser
    .fail((message: string | null, error: Error | undefined) => {
      failure ??=
        error ?? new UserError(explain(message ?? 'invalid arguments', argv, parser), { remedy: 'See --help' });
    })
    .exitProcess(false)
    .parseAsync([...argv], {}, (_error: unknown, _arguments: unknown, output: string) => {
      printed = output;
    });
  if (failure !== undefined) throw failure;
  if (printed) {
    process.stdout.write(`${printed}\n`);
    return undefined;
  }
  return parsed as ParsedArguments<T>;
}

/** Rewords yargs's complaint about unknown arguments, with the nearest known option. */
function explain<T>(message: string, argv: readonly string[], parser: Argv<T>): string {
  const unknown = /^Unknown arguments?: (.*)$/.exec(message)?.[1];
  if (unknown === undefined) return message.trim().replaceAll(/:?\n\s*/g, ': ');
  const names = unknown.split(', ');
  const stray = names.filter((name) => argv.includes(name)).map((name) => `unexpected argument ${name}`);
  // yargs names a mistyped option with dashes twice: as typed and in camel case.
  const mistyped = [...new Set(names.filter((name) => !argv.includes(name)).map(dashed))];
  const options = mistyped.map((name) => `unknown option ${flag(name)}${didYouMean(name, optionNames(parser))}`);
  return [...options, ...stray].join('; ');
}

function didYouMean(name: string, known: readonly string[]): string {
  const meant = suggestion(name, known);
  return meant === undefined ? '' : ` (did you mean ${flag(meant)}?)`;
}

function optionNames<T>(parser: Argv<T>): string[] {
  // Typed as any by @types/yargs.
  const { key } = (parser as unknown as { getOptions(): { key: Record<string, boolean> } }).getOptions();
  return [...new Set(Object.keys(key).map(dashed))].filter((name) => name.length > 1);
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function flag(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
