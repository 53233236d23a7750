/** @file What a set-up needs from the machine: Python with pip, a C++ compiler, disk space. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors/user_error.js';
import { runCommand } from './run_command.js';

/** A program that is there, and what it calls itself. */
export interface Tool {
  readonly command: string;
  readonly version: string;
}

async function firstThatRuns(commands: readonly string[], args: readonly string[]): Promise<Tool | undefined> {
  for (const command of commands) {
    const { code, stdout } = await runCommand(command, args);
    if (code === 0) return { command, version: stdout.split('\n')[0]!.trim() };
  }
  return undefined;
}

/**
 * The Python to download and unpack with: `$PYTHON`, `python3` or `python`.
 * @throws {UserError} when there is none, or none with pip.
 */
export async function findPython(): Promise<Tool> {
  const commands = [process.env['PYTHON'], 'python3', 'python'].filter((name) => name !== undefined && name !== '');
  const python = await firstThatRuns(commands as string[], ['--version']);
  if (!python) {
    throw new UserError('Python 3 is needed to fetch TensorFlow and was not found', {
      remedy:
        'Install it (Debian, Ubuntu: sudo apt-get install python3 python3-pip; Fedora: sudo dnf install python3-pip) or set PYTHON',
    });
  }
  const pip = await firstThatRuns([python.command], ['-m', 'pip', '--version']);
  if (!pip) {
    throw new UserError(`pip is needed to fetch TensorFlow, and ${python.command} (${python.version}) has none`, {
      remedy: `Install it (Debian, Ubuntu: sudo apt-get install python3-pip; Fedora: sudo dnf install python3-pip; elsewhere: ${python.command} -m ensurepip)`,
    });
  }
  return { command: python.command, version: `${python.version}, ${pip.version.split(' from ')[0]!}` };
}

/**
 * The C++ compiler: `$CXX`, `g++`, `clang++` or `c++`.
 * @throws {UserError} when there is none.
 */
export async function findCompiler(): Promise<Tool> {
  const commands = [process.env['CXX'], 'g++', 'clang++', 'c++'].filter((name) => name !== undefined && name !== '');
  const compiler = await firstThatRuns(commands as string[], ['--version']);
  if (!compiler) {
    throw new UserError('a C++ compiler is needed to build the TensorFlow binding and was not found', {
      remedy: 'Install one (Debian, Ubuntu: sudo apt-get install g++; Fedora: sudo dnf install gcc-c++) or set CXX',
    });
  }
  return compiler;
}

/** Bytes an ordinary user can still write at `folder`, which need not exist yet. */
export async function freeBytes(folder: string): Promise<number> {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return bavail * bsize;
}

/**
 * @param free Measures the space; {@link freeBytes} unless a test says otherwise.
 * @throws {UserError} when less than `needed` bytes are free at `folder`.
 */
export async function requireSpace(folder: string, needed: number, free = freeBytes): Promise<void> {
  const available = await free(folder);
  if (available >= needed) return;
  throw new UserError('not enough disk space', {
    file: folder,
    expected: `${formatBytes(needed)} free`,
    found: formatBytes(available),
    remedy: 'Free some space; for downloads another folder can be chosen with --cache',
  });
}

/** `1234567` -> `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 10 ** (3 * power);
  return `${value >= 100 || power === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[power]!}`;
}
