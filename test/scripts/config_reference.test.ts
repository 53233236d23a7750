/** @file docs/config.md is what the schema says now, and lists every key. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { configReference } from '../../scripts/config_reference.js';
import { configKeys } from '../../src/config/keys.js';

const page = await readFile(new URL('../../docs/config.md', import.meta.url), 'utf8');

it('is current (npx tsx scripts/config_reference.ts)', async () => {
  expect(page).toBe(await configReference());
});

it('has one row for every key', () => {
  const rows = [...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, key]) => key);
  const keys = configKeys().map(({ key }) => key);
  // What a file extends is no value of the run.
  expect(rows.toSorted()).toEqual(['extends', ...keys].toSorted());
});
