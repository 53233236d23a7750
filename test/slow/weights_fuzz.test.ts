/** @file Damaged weight files, at length: thousands of mutations of every golden checkpoint and safetensors file. */
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { goldenPath } from '../helpers/golden.js';
import { fuzzWeightFile } from '../helpers/weight_fuzz.js';

/** Bytes to write for one file, and the most mutations of a small one. */
const BUDGET = 100e6;
const MOST = 1500;
const LEAST = 12;
/** Larger files than this hold tensors of the same kinds as smaller ones. */
const LARGEST = 32e6;

const root = join(goldenPath('checkpoints'), '..');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => {
  if (!/\.(pth|safetensors)$/.test(name)) return false;
  const { size } = statSync(join(root, name));
  return size > 0 && size <= LARGEST;
});

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'rsd-fuzz-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const seed = Number(process.env['RSD_FUZZ_SEED'] ?? 2);

it.each(files)('%s', async (name) => {
  const file = join(root, name);
  const target = `case${extname(name)}`;
  const count = Math.max(LEAST, Math.min(MOST, Math.floor(BUDGET / statSync(file).size)));
  const { tried, refused } = await fuzzWeightFile(file, join(scratch, target), count, seed);
  console.log(`${name}: ${refused} of ${tried} refused`);
  expect(tried).toBeGreaterThanOrEqual(count);
  expect(await readdir(scratch)).toEqual([target]);
  await rm(join(scratch, target));
});
