/** @file The photo table and the shipped photos: held-out scenes stay out of training, every file has its licence. */
import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import sharp from 'sharp';

interface Photo {
  name: string;
  split: 'train' | 'heldout';
  package: string;
  path: string;
  author: string;
  licence: string;
}

const root = new URL('../../', import.meta.url);
const table = JSON.parse(await readFile(new URL('scripts/training_photos.json', root), 'utf8')) as {
  packages: Record<string, unknown>;
  photos: Photo[];
};
const licences = await readFile(new URL('photos/LICENSES.md', root), 'utf8');

/** Names without ending: the same scene has the same name in the shipped folders and in the table. */
async function shipped(split: string): Promise<string[]> {
  return (await readdir(new URL(`photos/${split}/`, root))).map((file) => file.replace(/\.jpg$/, ''));
}

describe('training photos', () => {
  it('names every photo once, with author, licence and a known package', () => {
    const names = table.photos.map((photo) => photo.name);
    expect(new Set(names).size).toBe(names.length);
    for (const photo of table.photos) {
      expect(Object.keys(table.packages)).toContain(photo.package);
      expect(photo.author).not.toBe('');
      expect(photo.licence).toMatch(/CC0|CC-BY|GPL|public domain/);
    }
  });

  it('keeps the shipped held-out scenes out of training', async () => {
    const trained = table.photos.filter((photo) => photo.split === 'train').map((photo) => photo.name);
    const heldout = await shipped('heldout');
    expect(heldout.length).toBeGreaterThanOrEqual(6);
    expect(heldout.filter((name) => trained.includes(name))).toEqual([]);
    expect((await shipped('train')).filter((name) => heldout.includes(name))).toEqual([]);
  });

  it('lists every shipped file in LICENSES.md, in a size that a scale of 4 divides', async () => {
    for (const split of ['train', 'heldout']) {
      for (const name of await shipped(split)) {
        expect(licences).toContain(`\`${split}/${name}.jpg\``);
        const { width, height } = await sharp(new URL(`photos/${split}/${name}.jpg`, root).pathname).metadata();
        expect([width % 4, height % 4]).toEqual([0, 0]);
      }
    }
  });
});
