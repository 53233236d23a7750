/** @file Listing photos: folders, files, text lists; what is missing is said. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
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

it('searches folders recursively, whatever the case of endings, sorted by folder and name, by code units', async () => {
  expect(names(await listPhotos(all, 'data.train'))).toEqual([
    'Z.jpg',
    'a.JpEg',
    'f.tif',
    'g.avif',
    'b/10.jpg',
    'b/2.PNG',
    'c/d/e.webp',
  ]);
});

it('joins several paths without duplicates', async () => {
  const files = await listPhotos([join(all, 'b'), join(all, 'f.tif'), join(all, 'b', '2.PNG')], 'data.train');
  expect(names(files)).toEqual(['f.tif', 'b/10.jpg', 'b/2.PNG']);
});

it('reads text lists, relative to the list, whatever the line ends', async () => {
  await writeFile(join(all, 'list.txt'), `b/2.PNG\r\n\n${join(all, 'a.JpEg')}\nc/d/e.webp\n`);
  expect(names(await listPhotos(join(all, 'list.txt'), 'data.train'))).toEqual(['a.JpEg', 'b/2.PNG', 'c/d/e.webp']);
});

it('looks list entries up in the working directory too, and names those that are nowhere', async () => {
  const list = join(all, 'here.txt');
  await writeFile(list, 'photos/train/coffee.jpg');
  expect(await listPhotos(list, 'data.train')).toEqual([resolve('photos/train/coffee.jpg')]);
  await writeFile(list, 'b/2.PNG\nb/3.PNG\n\nb\n');
  await expect(listPhotos(list, 'data.train')).rejects.toThrow(
    /here\.txt: data\.train: the list names files that are not there; found b\/3\.PNG \(line 2\), b \(line 4\)\. /,
  );
});

it('refuses what is missing or empty', async () => {
  await mkdir(join(folder, 'empty'));
  await expect(listPhotos(join(folder, 'none'), 'data.train')).rejects.toThrow(
    /none: data\.train: no such file or folder/,
  );
  await expect(listPhotos(join(folder, 'empty'), 'data.train')).rejects.toThrow(/empty: data\.train: holds no photos/);
});
