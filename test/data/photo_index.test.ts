/** @file The index of a large tree: the same photos as without one, and only changed folders are read again. */
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { scanFolders, type ScannedFolder } from '../../src/data/folder_scan.js';
import { findPhotos, indexFile } from '../../src/data/photo_index.js';
import { isPhoto, listPhotos } from '../../src/data/photo_source.js';
import { temporaryFolder } from '../helpers/photos.js';

const folder = await temporaryFolder();
const tree = join(folder, 'tree');
const CLASSES = 20;
const PHOTOS = 150;
const classFolder = (i: number) => join(tree, 'train', `n${String(i).padStart(4, '0')}`);

/** Long ago: a folder changed just now is never relied on. */
async function settle(path: string, seconds: number): Promise<void> {
  await utimes(path, seconds, seconds);
}

beforeAll(async () => {
  for (let i = 0; i < CLASSES; i++) {
    await mkdir(classFolder(i), { recursive: true });
    await Promise.all(Array.from({ length: PHOTOS }, (_, k) => writeFile(join(classFolder(i), `${k}.JPEG`), '')));
    await settle(classFolder(i), 1e9 + i);
  }
  for (const path of [tree, join(tree, 'train')]) await settle(path, 1e9);
});

const options = { folder: join(folder, 'cache'), leastPhotos: 1000 };
const find = async () => [...(await findPhotos(tree, 'data.train', options))];

it('gives what listing gives, first time and later', async () => {
  const plain = await listPhotos(tree, 'data.train');
  expect(plain).toHaveLength(CLASSES * PHOTOS);
  expect(await find()).toEqual(plain);
  expect(await find()).toEqual(plain);
});

it('reads only folders whose time of change moved', async () => {
  const unknown = new Map<string, ScannedFolder>();
  const count = { onFound: () => undefined, wanted: isPhoto };
  const first = new Map((await scanFolders(tree, { ...count, known: unknown })).map((f) => [f.path, f]));
  await rm(join(classFolder(3), '7.JPEG'));
  const again = await scanFolders(tree, { ...count, known: first });
  const read = again.filter((f) => first.get(f.path) !== f).map((f) => f.path);
  expect(read).toEqual([classFolder(3)]);
});

it('notices files and folders that come, go and are renamed', async () => {
  await find();
  await writeFile(join(classFolder(1), 'new.png'), '');
  await rename(join(classFolder(2), '5.JPEG'), join(classFolder(2), 'renamed.JPEG'));
  await rm(classFolder(4), { recursive: true });
  await mkdir(join(tree, 'more/below'), { recursive: true });
  await writeFile(join(tree, 'more/below/a.jpg'), '');
  const found = await find();
  expect(found).toEqual(await listPhotos(tree, 'data.train'));
  for (const file of [join(classFolder(1), 'new.png'), join(tree, 'more/below/a.jpg')]) expect(found).toContain(file);
});

it('does not rely on a folder that changed just now', async () => {
  const fresh = join(folder, 'fresh');
  await mkdir(fresh);
  await writeFile(join(fresh, 'a.png'), '');
  const [scanned] = await scanFolders(fresh, { known: new Map(), wanted: isPhoto, onFound: () => undefined });
  expect(scanned).toMatchObject({ changed: 0, files: ['a.png'] });
});

describe('the file', () => {
  it('holds less than 12 bytes a photo', async () => {
    await rm(options.folder, { recursive: true });
    const photos = await find();
    expect((await readFile(indexFile(tree, options.folder))).byteLength).toBeLessThan(12 * photos.length);
  });

  it('is not written for few photos', async () => {
    await findPhotos(join(tree, 'more'), 'data.train', options);
    await expect(readFile(indexFile(join(tree, 'more'), options.folder))).rejects.toThrow('ENOENT');
  });

  it('may be damaged or impossible to write', async () => {
    const plain = await find();
    await writeFile(indexFile(tree, options.folder), 'damaged');
    expect(await find()).toEqual(plain);
    const lines: string[] = [];
    const found = await findPhotos(tree, 'data.train', {
      ...options,
      folder: '/dev/null/none',
      log: (line) => lines.push(line),
    });
    expect([...found]).toEqual(plain);
    expect(lines.join()).toMatch(/not kept for the next start/);
  });
});
