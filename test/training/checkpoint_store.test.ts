/** @file Checkpoints survive kills, damage and full disks, and are pruned to the last few and the best. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { CheckpointStore, readCheckpoint, type CheckpointStoreOptions } from '../../src/training/checkpoint_store.js';
import type { StoredTrainState } from '../../src/training/checkpoint_store.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { startProgram } from './child_process.js';
import { exampleState } from './example_state.js';
import { temporaryFolder } from './temporary_folder.js';

const small = (iteration: number, generation = 0) => exampleState(iteration, generation, 20);

/** A store in a folder of its own, with the warnings it gave. */
async function newStore(options: Partial<CheckpointStoreOptions> = {}) {
  const folder = path.join(await temporaryFolder(), 'checkpoints');
  const warnings: string[] = [];
  const store = new CheckpointStore(folder, { keepLast: 3, warn: (message) => warnings.push(message), ...options });
  return { store, folder, warnings };
}

async function iterations(store: CheckpointStore): Promise<number[]> {
  return (await store.list()).map(({ iteration }) => iteration);
}

async function changeBytes(file: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(file, change(await readFile(file)));
}

function expectState(found: StoredTrainState | undefined, expected: ReturnType<typeof exampleState>): void {
  expect(found?.iteration).toBe(expected.iteration);
  expect(found?.counters).toEqual(expected.counters);
  expect(found?.groups).toEqual(expected.groups);
}

describe('saving and reading', () => {
  test('gives back the same state to the last bit', async () => {
    const provenance = { packageVersion: '1.2.3', configHash: 'abc' };
    const { store, folder } = await newStore({ provenance });
    const saved = await store.save(exampleState(120), { score: 0.25 });
    expect(saved).toBe(path.join(folder, 'iteration-00000120'));
    const found = await store.latestValid();
    expectState(found, exampleState(120));
    expect(Object.is(found?.groups['student']?.get('blocks.0.bias')?.data[0], -0)).toBe(true);
    expect(found).toMatchObject({ score: 0.25, provenance, folder: saved });
    expect(await readdir(folder)).toEqual(['iteration-00000120']);
  });

  test('finds nothing in a missing or empty folder', async () => {
    const { store, folder } = await newStore();
    expect(await store.latestValid()).toBeUndefined();
    expect(await store.list()).toEqual([]);
    await mkdir(folder);
    expect(await store.latestValid()).toBeUndefined();
    await expect(readCheckpoint(path.join(folder, 'iteration-00000001'))).rejects.toThrow(UserError);
  });

  test('saves an iteration again in the place of the earlier one', async () => {
    const { store, folder } = await newStore();
    await store.save(small(7, 1));
    await store.save(small(7, 2));
    expectState(await store.latestValid(), small(7, 2));
    expect(await readdir(folder)).toEqual(['iteration-00000007']);
  });

  test('refuses counts that JSON cannot hold and groups that cannot name a file', async () => {
    const { store, folder } = await newStore();
    await expect(store.save({ iteration: 1, counters: { steps: NaN }, groups: {} })).rejects.toThrow('steps');
    await expect(store.save({ iteration: 1, counters: {}, groups: { '../x': new Map() } })).rejects.toThrow('../x');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('damage', () => {
  const wounds: [string, string, (bytes: Buffer) => Buffer, RegExp][] = [
    [
      'a flipped bit in the weights',
      'student.m.safetensors',
      (b) => (b.writeUInt8(b.at(-5)! ^ 1, b.length - 5), b),
      /student\.m.*damaged/,
    ],
    ['a file cut short', 'fake.safetensors', (b) => b.subarray(0, -1), /fake.*cut short/],
    [
      'a changed count',
      'manifest.json',
      (b) => Buffer.from(b.toString().replace('"fakeSteps": 15', '"fakeSteps": 16')),
      /manifest is damaged/,
    ],
    ['a torn manifest', 'manifest.json', (b) => b.subarray(0, 40), /manifest cannot be read/],
  ];

  test.each(wounds)('falls back to the previous checkpoint after %s', async (_, name, wound, message) => {
    const { store, folder, warnings } = await newStore();
    for (const iteration of [1, 2, 3]) await store.save(small(iteration));
    await changeBytes(path.join(folder, 'iteration-00000003', name), wound);
    expectState(await store.latestValid(), small(2));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/iteration-00000003/);
    expect(warnings[0]).toMatch(message);
  });

  test('passes over a checkpoint with a missing file', async () => {
    const { store, folder } = await newStore();
    for (const iteration of [1, 2]) await store.save(small(iteration));
    await rm(path.join(folder, 'iteration-00000002', 'student.safetensors'));
    expectState(await store.latestValid(), small(1));
  });

  test('does not begin anew in silence when every checkpoint is broken', async () => {
    const { store, folder, warnings } = await newStore();
    for (const iteration of [1, 2]) {
      await store.save(small(iteration));
      await changeBytes(path.join(folder, `iteration-0000000${iteration}`, 'fake.safetensors'), (b) =>
        b.subarray(0, -1),
      );
    }
    await expect(store.latestValid()).rejects.toThrow(/none of the checkpoints.*2 broken.*begin anew/);
    expect(warnings).toHaveLength(2);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test('a broken newer checkpoint does not push out the good one saved after the fall-back', async () => {
    const { store, folder } = await newStore({ keepLast: 1 });
    await store.save(small(30));
    await changeBytes(path.join(folder, 'iteration-00000030', 'fake.safetensors'), (b) => b.subarray(0, -1));
    await store.save(small(21));
    expectState(await store.latestValid(), small(21));
    await store.save(small(31));
    expect(await readdir(folder)).toEqual(['iteration-00000031']);
  });

  test('a full disk leaves earlier checkpoints as they were, and says so', async () => {
    let room = 4;
    const { store, folder } = await newStore({
      writeGroup: async (file, tree, metadata) => {
        if (room-- === 0) {
          await writeFile(file, 'half');
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        }
        await writeSafetensors(file, tree, metadata);
      },
    });
    await store.save(small(1));
    await expect(store.save(small(2))).rejects.toThrow(/no space left.*free some space/);
    expect(await readdir(folder)).toEqual(['iteration-00000001']);
    expectState(await store.latestValid(), small(1));
  });
});

describe('leftovers of crashed processes', () => {
  test('half-written folders are removed, those of a running process are left alone', async () => {
    const { store, folder } = await newStore();
    await store.save(small(1));
    const ended = startProgram('train_until_stopped');
    ended.child.kill('SIGKILL');
    await ended.ended;
    await mkdir(path.join(folder, `iteration-00000002.tmp-${ended.child.pid}`));
    await mkdir(path.join(folder, `iteration-00000003.tmp-${process.ppid}`));
    expectState(await store.latestValid(), small(1));
    expect(await readdir(folder)).toEqual(['iteration-00000001', `iteration-00000003.tmp-${process.ppid}`]);
  });

  test('a checkpoint that was moved aside gets its name back if nothing took its place', async () => {
    const { store, folder } = await newStore();
    await store.save(small(5));
    const final = path.join(folder, 'iteration-00000005');
    await rename(final, `${final}.old-${process.pid}`);
    expectState(await store.latestValid(), small(5));
    expect(await readdir(folder)).toEqual(['iteration-00000005']);
  });
});

describe('pruning', () => {
  test('keeps the last few and the best', async () => {
    const { store, folder } = await newStore({ keepLast: 2 });
    const scores = [0.9, 0.2, NaN, 0.5, undefined, 0.4];
    for (const [index, score] of scores.entries()) await store.save(small(10 * (index + 1)), { score });
    expect(await iterations(store)).toEqual([20, 50, 60]);
    expect((await store.best())?.iteration).toBe(20);
    await store.save(small(70), { score: 0.1 });
    expect(await iterations(store)).toEqual([60, 70]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test('keeps all with keepLast 0', async () => {
    const { store } = await newStore({ keepLast: 0 });
    for (const iteration of [1, 2, 3, 4]) await store.save(small(iteration));
    expect(await iterations(store)).toEqual([1, 2, 3, 4]);
  });

  test('orders by number, not by name', async () => {
    const { store } = await newStore({ keepLast: 2 });
    for (const iteration of [99_999_998, 99_999_999, 100_000_000]) await store.save(small(iteration));
    expect(await iterations(store)).toEqual([99_999_999, 100_000_000]);
    expect((await store.latestValid())?.iteration).toBe(100_000_000);
  });
});

describe('kill -9 at random moments', () => {
  /** Lets the program save at least once, kills it after a random while, and returns the last save that it reported. */
  async function saveAndKill(folder: string, mode: string): Promise<{ iteration: number; generation: number }> {
    const program = startProgram('save_until_killed', folder, mode);
    let last = '';
    const first = new Promise<void>((resolve) => {
      program.lines.on('line', (line) => {
        last = line;
        resolve();
      });
    });
    await first;
    await sleep(Math.random() * 60);
    program.child.kill('SIGKILL');
    expect(await program.ended).toBe('SIGKILL');
    const [iteration, generation] = last.split(' ').map(Number) as [number, number];
    return { iteration, generation };
  }

  test.each([
    ['new iterations', 'next', 10],
    ['the same iteration again', 'same', 5],
  ])('saving %s always leaves a valid checkpoint', async (_, mode, rounds) => {
    const { store, folder, warnings } = await newStore({ keepLast: 2 });
    for (let round = 0; round < rounds; round++) {
      const reported = await saveAndKill(folder, mode);
      const found = await store.latestValid();
      // The kill may have come between the last rename and the report.
      expect(found?.iteration).toBeGreaterThanOrEqual(reported.iteration);
      const generation = found!.counters['generation']!;
      expect(generation).toBeGreaterThanOrEqual(reported.generation);
      expectState(found, exampleState(found!.iteration, generation));
      expect((await readdir(folder)).filter((name) => !/^iteration-\d+$/.test(name))).toEqual([]);
    }
    expect(warnings).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });
});
