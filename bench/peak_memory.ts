/** @file Peak resident memory of this process, and of a part of its life. */
import { readFileSync, writeFileSync } from 'node:fs';

const KIB_PER_MIB = 1024;
/** Linux: resets the high-water mark of resident memory (proc(5), `clear_refs`). */
const RESET_PEAK = '5';

/** MiB since the process began, or since the last {@link forgetPeak}. */
export function peakRssMb(): number {
  if (process.platform !== 'linux') return Math.round(process.resourceUsage().maxRSS / KIB_PER_MIB);
  const kib = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1];
  return Math.round(Number(kib) / KIB_PER_MIB);
}

/** Makes {@link peakRssMb} begin anew, where the system can do that (Linux). */
export function forgetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', RESET_PEAK);
}
