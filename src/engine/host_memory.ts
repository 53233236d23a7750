/**
 * @file Gives freed host memory back to the system, which glibc would keep for later.
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

interface Malloc {
  mallopt(parameter: number, value: number): number;
  /** Gives back whole free pages, except `keep` bytes at the end. */
  trim(keep: number): number;
}

let malloc: Malloc | undefined;
let looked = false;

/** glibc's own functions; undefined with another C library, which has no such limits. */
function glibc(): Malloc | undefined {
  if (looked || process.platform !== 'linux') return malloc;
  looked = true;
  try {
    const library = koffi.load('libc.so.6');
    malloc = {
      mallopt: library.func('int mallopt(int parameter, int value)') as Malloc['mallopt'],
      trim: library.func('int malloc_trim(size_t keep)') as Malloc['trim'],
    };
  } catch {
    // musl and others.
  }
  return malloc;
}

/** Large host arrays go back to the system when they are freed, unless `MALLOC_MMAP_THRESHOLD_` says otherwise. */
export function returnFreedMemory(): void {
  if (process.env['MALLOC_MMAP_THRESHOLD_'] === undefined) glibc()?.mallopt(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES);
}

/** Gives back what small objects left behind: compiling a program leaves some KB for each of its operations. */
export function trimHeap(): void {
  glibc()?.trim(0);
}
