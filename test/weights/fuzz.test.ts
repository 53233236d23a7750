/** @file Damaged weight files, quickly: mutations of each small golden file give weights or a UserError, nothing else. */
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { goldenPath } from '../helpers/golden.js';
import { fuzzWeightFile } from '../helpers/weight_fuzz.js';

const MUTATIONS = 50;
const SMALL = 10_000;

const folder = goldenPath('checkpoints');
const files = readdirSync(folder).filter((name) => {
  const { size } = statSync(join(folder, name));
  return /\.(pth|safetensors)$/.test(name) && size > 0 && size <= SMALL;
});

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rsd-fuzz-'));
});
afterAll(() => rm(scratch, { recursive: true }));

it.each(files)('%s', async (name) => {
  const target = `case${extname(name)}`;
  const { tried, refused } = await fuzzWeightFile(join(folder, name), join(scratch, target), MUTATIONS);
  // A third of the mutations or more hit something that cannot be read any more.
  expect(refused).toBeGreaterThan(tried / 3);
  // No damage made the reader write anything.
  expect(await readdir(scratch)).toEqual([target]);
  await rm(join(scratch, target));
});
