/** @file Programs that do several things: `program command ...`, each command with its own options and help. */
import { suggestion } from '../errors/suggestion.js';
import { UserError } from '../errors/user_error.js';
import { printable } from '../weights/printable.js';
import { createParser, parseArguments } from './arguments.js';
import type { Main } from './run_main.js';

/** One command of a program. */
export interface Subcommand {
  /** What follows the program's name: the command and its positional arguments. */
  readonly usage: string;
  readonly describe: string;
  readonly run: Main;
}

/** A program of several commands. */
export interface CommandProgram {
  readonly name: string;
  /** Text above the list of commands; `$0` stands for the program's name. */
  readonly usage: string;
  readonly commands: Readonly<Record<string, Subcommand>>;
  /** Pairs of a command line and what it is for. */
  readonly examples: readonly (readonly [string, string])[];
}

/**
 * Runs the command that the first argument names; without one, `--help` and `--version` are the program's.
 * @throws UserError if there is no such command
 */
export async function runSubcommand(program: CommandProgram, argv: string[]): Promise<number> {
  const { name, usage, commands, examples } = program;
  const names = Object.keys(commands);
  const [first, ...rest] = argv;
  if (first !== undefined && Object.hasOwn(commands, first)) return commands[first]!.run(rest);
  if (first !== undefined && !first.startsWith('-')) {
    const meant = suggestion(first, names);
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
    throw new UserError(`unknown command ${printable(first)}${hint}`, { remedy: 'See --help' });
  }
  const parser = createParser(name, usage).demandCommand(1, `say what to do: ${names.join(' or ')}`);
  for (const command of Object.values(commands)) parser.command(command.usage, command.describe);
  for (const [line, purpose] of examples) parser.example(line, purpose);
  await parseArguments(parser.epilogue('Each command has its own --help.'), argv);
  return 0;
}
