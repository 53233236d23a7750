/** @file Listing photos: folders, files, text lists; what is missing is said. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listPhotos } from '../../src/data/photo_source.js';
import { temporaryFolder } from '../helpers/photos.js';

const folder = await temporaryFolder();
for (const name of ['b/2.PNG', 'b/10.jpg', 'a.JpEg', 'c/d/e.webp', 'f.tif', 'g.avif', 'notes.txt', 'h.gif', 'Z.jpg']) {
  await mkdir(join(folder, 'all', name, '..'), { recursive: true });
  await writeFile(join(folder, 'all', name), '');
}
const all = join(folder, 'all');
const names = (files: readonly string[]) => files.map((file) => file.slice(all.length + 1));

it('searches folders recursively, whatever the case of endings, sorted by code units', async () => {
  expect(names(await listPhotos(all, 'data.train'))).toEqual([
    'Z.jpg',
    'a.JpEg',
    'b/10.jpg',
    'b/2.PNG',
    'c/d/e.webp',
    'f.tif',
    'g.avif',
  ]);
});

it('joins several paths without duplicates', async () => {
  const files = await listPhotos([join(all, 'b'), join(all, 'f.tif'), join(all, 'b', '2.PNG')], 'data.train');
  expect(names(files)).toEqual(['b/10.jpg', 'b/2.PNG', 'f.tif']);
});

it('reads text lists, relative to the list, whatever the line ends', async () => {
  await writeFile(join(all, 'list.txt'), `b/2.PNG\r\n\n${join(all, 'a.JpEg')}\nc/d/e.webp`);
  expect(names(await listPhotos(join(all, 'list.txt'), 'data.train'))).toEqual(['a.JpEg', 'b/2.PNG', 'c/d/e.webp']);
});

it('refuses what is missing or empty', async () => {
  await mkdir(join(folder, 'empty'));
  await expect(listPhotos(join(folder, 'none'), 'data.train')).rejects.toThrow(
    /none: data\.train: no such file or folder/,
  );
  await expect(listPhotos(join(folder, 'empty'), 'data.train')).rejects.toThrow(/empty: data\.train: holds no photos/);
});
