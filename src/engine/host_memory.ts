/**
 * @file Gives freed host memory back to the system at once.
 *
 * Weights pass through the JavaScript heap on their way into a session, as arrays of some MB. glibc raises the size from
 * which it maps memory piece by piece whenever such a piece is freed; after that, freed copies stay with the process as
 * holes in its heap: 0.4 GB in a training of the official size. TensorFlow's own tensors of more than 256 KiB come from a
 * pool of its own, so a fixed limit above that costs a step nothing. Op by op, TensorFlow.js allocates such arrays all the
 * time; there the limit would cost page faults, so only the compiled engine sets it.
 */
import koffi from 'koffi';

/** Parameter number of `mallopt` (glibc's malloc.h). */
const M_MMAP_THRESHOLD = -3;
const MAPPED_FROM_BYTES = 512 * 1024;

let done = false;

/** Fixes the limit for this process, unless `MALLOC_MMAP_THRESHOLD_` does. Later calls do nothing. */
export function returnFreedMemory(): void {
  if (done || process.platform !== 'linux' || process.env['MALLOC_MMAP_THRESHOLD_'] !== undefined) return;
  done = true;
  try {
    koffi.load('libc.so.6').func('int mallopt(int parameter, int value)')(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES);
  } catch {
    // Another C library (musl), which has no such limit.
  }
}
