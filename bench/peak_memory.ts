/** @file Peak resident memory of this process, and of a part of its life. */
import { writeFileSync } from 'node:fs';

export { peakRssMb } from '../src/training/process_memory.js';

/** Linux: resets the high-water mark of resident memory (proc(5), `clear_refs`). */
const RESET_PEAK = '5';

/** Makes `peakRssMb` begin anew, where the system can do that (Linux). */
export function forgetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', RESET_PEAK);
}
