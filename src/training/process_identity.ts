/** @file Whether a process that left its number in a file is still the one that runs. */
import { readFileSync } from 'node:fs';

/** What names a process beyond its number, which the system gives out again after its end. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in the kernel's ticks since boot; undefined where there is no `/proc`. */
  readonly started?: string | undefined;
}

/** Field 3 (state) and field 22 (start time) of `/proc/<pid>/stat`; the name in field 2 may itself hold spaces. */
function readProcStat(pid: number): { state: string; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state && started ? { state, started } : undefined;
  } catch {
    return undefined;
  }
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: readProcStat(process.pid)?.started };
}

/**
 * True while that very process runs on this machine. A zombie counts as ended, and so does a number that was given to a
 * later process (as every restarted container does with number 1).
 */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = readProcStat(pid);
  if (now === undefined) return true;
  return now.state !== 'Z' && (started === undefined || started === now.started);
}
