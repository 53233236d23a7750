/** @file docs/official-configs.md is what the rules say now, and has a row for every official key. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { officialReference } from '../../scripts/official_reference.js';
import { OFFICIAL_RULES } from '../../src/config/official/translate.js';

const page = await readFile(new URL('../../docs/official-configs.md', import.meta.url), 'utf8');

it('is current (npx tsx scripts/official_reference.ts)', async () => {
  expect(page).toBe(await officialReference());
});

it('has one row for every key', () => {
  const keys = page.slice(page.indexOf('## Keys'));
  const rows = [...keys.matchAll(/^\| `([^`]+?)(?:\.\*)?` +\|/gm)].map(([, key]) => key);
  expect(rows.toSorted()).toEqual(OFFICIAL_RULES.map(({ key }) => key).toSorted());
});
