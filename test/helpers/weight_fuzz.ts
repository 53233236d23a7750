/** @file Feeds damaged weight files to the readers and holds them to their promise: weights or a UserError, soon, and small. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { inspectWeights } from '../../src/models/inspect.js';
import { CountedRandom } from '../../src/random/counted.js';
import { readWeights } from '../../src/weights/read.js';
import { mutated, mutatedEntries } from './mutations.js';

/** Generous for a busy machine; what is guarded against takes minutes or forever. */
const MAX_MILLISECONDS = 3_000;
const MILLISECONDS_PER_MB = 300;
/** What tensors may hold: a few times the file, and what little files are allowed for free. */
const FREE_BYTES = 40 * 2 ** 20;
const BYTES_PER_BYTE = 64;
/** Growth of the process over all mutations of a file, which garbage collection keeps far below. */
const MAX_GROWTH = 600 * 2 ** 20;

/** How many of the damaged files were refused. */
export interface FuzzResult {
  readonly tried: number;
  readonly refused: number;
}

/**
 * Tries `count` mutations of a file: of its bytes, and, for zip checkpoints, as many of the pickle inside.
 * @param target Where damaged files are written.
 */
export async function fuzzWeightFile(file: string, target: string, count: number, seed = 1): Promise<FuzzResult> {
  const original = await readFile(file);
  const makers = [(random: CountedRandom) => Promise.resolve(mutated(original, random))];
  const isZip = original.subarray(0, 2).toString('latin1') === 'PK';
  const entries = isZip ? await mutatedEntries(file).catch(() => undefined) : undefined;
  if (entries) makers.push(entries);
  const limit = MAX_MILLISECONDS + (MILLISECONDS_PER_MB * original.length) / 1e6;
  const memory = process.memoryUsage().rss;
  let [tried, refused] = [0, 0];
  for (const [kind, make] of makers.entries()) {
    for (let iteration = 0; iteration < count; iteration++) {
      const purpose = `${kind} ${file.split('/').at(-1)}`;
      await writeFile(target, await make(new CountedRandom({ seed, purpose, iteration })));
      const where = `mutation ${iteration} of ${purpose}`;
      const start = performance.now();
      tried++;
      if (!(await survives(where, target, original.length))) refused++;
      expect(performance.now() - start, where).toBeLessThan(limit);
    }
  }
  expect(process.memoryUsage().rss - memory, file).toBeLessThan(MAX_GROWTH);
  return { tried, refused };
}

/** Whether the file could be read. @throws Error for anything but a UserError of one line. */
async function survives(where: string, target: string, size: number): Promise<boolean> {
  try {
    await inspectWeights(target);
    const tree = await readWeights(target);
    const held = [...tree.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(held, where).toBeLessThan(FREE_BYTES + BYTES_PER_BYTE * size);
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw new Error(where, { cause: error });
    expect(error.message, where).not.toMatch(/\p{Cc}/u);
    return false;
  }
}
