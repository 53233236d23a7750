/** @file Runs a TypeScript program of `processes/` as a process of its own, so that it can be killed. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: Interface;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export function startProgram(name: string, ...args: string[]): RunningProgram {
  const file = fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args]);
  child.stderr.pipe(process.stderr);
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return { child, lines: createInterface({ input: child.stdout }), ended };
}

/** The program's next line of output. */
export async function nextLine({ lines }: RunningProgram): Promise<string> {
  return ((await once(lines, 'line')) as [string])[0];
}
