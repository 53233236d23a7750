/** @file Measured numbers survive a crash and know what they were measured from. */
import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { fingerprint, ScoreStore } from '../../src/evaluation/scores.js';
import { temporaryFolder } from '../training/temporary_folder.js';

const of = { model: 'm', image: 'i', metric: 'psnr' };

it('keeps numbers to the last bit, infinity too; the last one counts', async () => {
  const file = path.join(await temporaryFolder(), 'scores.jsonl');
  const store = await ScoreStore.open(file);
  for (const value of [1, 0.1 + 0.2, Infinity]) await store.add({ ...of, value }, `from ${value}`);
  const again = await ScoreStore.open(file);
  expect(again.find(of, 'from Infinity')).toBe(Infinity);
  expect(again.find(of, 'from 1')).toBeUndefined();
  await again.add({ ...of, value: 0.1 + 0.2 }, 'x');
  expect((await ScoreStore.open(file)).find(of, 'x')).toBe(0.1 + 0.2);
});

it('passes over a line that was cut short, and begins a new one after it', async () => {
  const file = path.join(await temporaryFolder(), 'scores.jsonl');
  await (await ScoreStore.open(file)).add({ ...of, value: 1 }, 'a');
  await appendFile(file, '{"model":"m","ima');
  const store = await ScoreStore.open(file);
  expect(store.find(of, 'a')).toBe(1);
  await store.add({ ...of, image: 'j', value: 2 }, 'b');
  const after = await ScoreStore.open(file);
  expect([after.find(of, 'a'), after.find({ ...of, image: 'j' }, 'b')]).toEqual([1, 2]);
});

it('sees when a file changes', async () => {
  const file = path.join(await temporaryFolder(), 'image.png');
  await writeFile(file, 'one');
  const before = await fingerprint([file]);
  expect(await fingerprint([file])).toBe(before);
  await writeFile(file, 'other');
  expect(await fingerprint([file])).not.toBe(before);
});
