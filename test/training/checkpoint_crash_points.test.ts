/** @file A save that ends before any one of its file system operations still leaves a whole checkpoint. */
import type * as FileSystem from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { CheckpointStore } from '../../src/training/checkpoint_store.js';
import { exampleState } from './example_state.js';
import { temporaryFolder } from './temporary_folder.js';

/** Operations that are still done; after them every one fails, as for a process that is no more. */
const disk = vi.hoisted(() => ({ left: Infinity }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FileSystem>();
  const mortal = Object.entries(real).map(([name, operation]) => [
    name,
    typeof operation !== 'function'
      ? operation
      : (...args: unknown[]) => {
          if (disk.left-- <= 0) return Promise.reject(new Error('crashed'));
          return (operation as (...args: unknown[]) => unknown)(...args);
        },
  ]);
  return Object.fromEntries(mortal) as typeof FileSystem;
});

const small = (iteration: number, generation: number) => exampleState(iteration, generation, 20);

test.each([
  ['the next iteration', 8],
  ['the same iteration again', 7],
])('saving %s', async (_, second) => {
  const root = await temporaryFolder();
  let finished = false;
  let crashes = 0;
  for (; !finished; crashes++) {
    const folder = path.join(root, String(crashes));
    const store = new CheckpointStore(folder, { keepLast: 1 });
    await store.save(small(7, 1));
    disk.left = crashes;
    finished = await store.save(small(second, 2)).then(
      () => true,
      () => false,
    );
    disk.left = Infinity;

    const found = await store.latestValid();
    const expected = found?.counters['generation'] === 1 ? small(7, 1) : small(second, 2);
    expect(found?.groups, `crash before operation ${crashes}`).toEqual(expected.groups);
    expect((await readdir(folder)).filter((name) => !/^iteration-\d{8}$/.test(name))).toEqual([]);
    if (finished) expect(found?.counters['generation']).toBe(2);
  }
  expect(crashes).toBeGreaterThan(20);
});
