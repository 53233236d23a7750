/** @file Runs another program and collects what it says. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a program ended. */
export interface CommandResult {
  /** Exit code; `undefined` when it could not be started or was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Show standard output as it comes instead of collecting it. */
  readonly showOutput?: boolean;
}

/** Runs `command` from the search path without a shell. Never throws: a missing program is a result without a code. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = process.env, showOutput = false }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', showOutput ? 'inherit' : 'pipe', 'pipe'] });
  const ended = new Promise<number | undefined>((resolve) => {
    child.on('error', () => {
      resolve(undefined);
    });
    child.on('close', (code) => {
      resolve(code ?? undefined);
    });
  });
  const [stdout, stderr, code] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    text(child.stderr!),
    ended,
  ]);
  return { code, stdout, stderr };
}

/** The line that tells best what went wrong: the first of the kind `Error: ...`, or else the last. */
export function errorLine(output: string): string {
  const lines = output.trim().split('\n');
  return (lines.find((line) => /^\w*error: |: (?:fatal )?error: /i.test(line)) ?? lines.at(-1)!).trim();
}
