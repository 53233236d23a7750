/** @file The list of unreadable photos: written when there are any, kept over resumptions. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { PhotoFailure } from '../../src/data/photo_reader.js';
import { UnreadablePhotos } from '../../src/training/unreadable_photos.js';
import { temporaryFolder } from '../helpers/photos.js';

const file = join(await temporaryFolder(), 'list.txt');
const [a, b] = ['a', 'b'].map((name) => ({ file: `${name}.png`, reason: 'broken' })) as [PhotoFailure, PhotoFailure];

it('is written only when something is new, and grows over resumptions', async () => {
  const first = await UnreadablePhotos.open(file);
  expect(await first.add([])).toBe(0);
  expect(existsSync(file)).toBe(false);
  expect(await first.add([a])).toBe(1);
  expect(await first.add([a])).toBe(0);
  const resumed = await UnreadablePhotos.open(file);
  expect(await resumed.add([b, a])).toBe(1);
  expect(resumed.count).toBe(2);
  expect(await readFile(file, 'utf8')).toBe('a.png: broken\nb.png: broken\n');
});
