/** @file Resident memory of this process. */
import { readFileSync } from 'node:fs';

const BYTES_PER_MIB = 2 ** 20;
const KIB_PER_MIB = 2 ** 10;

/** MiB of memory that this process has at most had resident. */
export function peakRssMb(): number {
  // Elsewhere; on Linux this number begins with that of the parent process.
  if (process.platform !== 'linux') return Math.round(process.resourceUsage().maxRSS / KIB_PER_MIB);
  const kib = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1];
  return Math.round(Number(kib) / KIB_PER_MIB);
}

/** MiB resident now and at most so far, as numbers of an iteration. */
export function processMemory(): Record<'memory/rssMb' | 'memory/peakMb', number> {
  return { 'memory/rssMb': Math.round(process.memoryUsage.rss() / BYTES_PER_MIB), 'memory/peakMb': peakRssMb() };
}
