import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreJobs, type JobOptions } from '../../src/restore/input_files.js';

let folder: string;
const FILES = [
  'b.JPG',
  'a.png',
  'notes.txt',
  '.hidden.png',
  'in/c.tif',
  'in/deep/d.webp',
  'odd/x[1].png',
  'odd/x1.png',
];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rsd-inputs-'));
  for (const file of FILES) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), '');
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Inputs and outputs relative to the test's folder; results go to `out`. */
async function jobs(inputs: string[], options: Partial<JobOptions> = {}): Promise<[string, string][]> {
  const found = await restoreJobs(
    inputs.map((input) => path.join(folder, input)),
    { outputFolder: path.join(folder, 'out'), recursive: false, extensionOf: () => '.png', ...options },
  );
  return found.map(({ input, output }) => [path.relative(folder, input), path.relative(folder, output)]);
}

describe('restoreJobs', () => {
  it('takes files of any name, folders without those inside, and both mirrored', async () => {
    expect(await jobs(['notes.txt'])).toEqual([['notes.txt', 'out/notes.png']]);
    expect(await jobs(['.'])).toEqual([
      ['a.png', 'out/a.png'],
      ['b.JPG', 'out/b.png'],
    ]);
    expect(await jobs(['.'], { recursive: true, extensionOf: (file) => path.extname(file) })).toEqual([
      ['a.png', 'out/a.png'],
      ['b.JPG', 'out/b.JPG'],
      ['in/c.tif', 'out/in/c.tif'],
      ['in/deep/d.webp', 'out/in/deep/d.webp'],
      ['odd/x1.png', 'out/odd/x1.png'],
      ['odd/x[1].png', 'out/odd/x[1].png'],
    ]);
  });

  it('expands patterns; what exists under its literal name is none', async () => {
    expect(await jobs(['*.{png,txt}'])).toEqual([['a.png', 'out/a.png']]);
    expect(await jobs(['in/**/*.*'])).toEqual([
      ['in/c.tif', 'out/c.png'],
      ['in/deep/d.webp', 'out/d.png'],
    ]);
    expect(await jobs(['in/**/*.*'], { recursive: true })).toEqual([
      ['in/c.tif', 'out/c.png'],
      ['in/deep/d.webp', 'out/deep/d.png'],
    ]);
    expect(await jobs(['odd/x[1].png'])).toEqual([['odd/x[1].png', 'out/x[1].png']]);
    expect(await jobs(['odd/x[0-9].png'])).toEqual([['odd/x1.png', 'out/x1.png']]);
  });

  it('takes each file once', async () => {
    expect(await jobs(['in/c.tif', 'in', 'in/*.tif'])).toEqual([['in/c.tif', 'out/c.png']]);
  });

  it('does not take results of the last time for inputs', async () => {
    const outputFolder = path.join(folder, 'in');
    const options = { recursive: true, outputFolder };
    const found = (await jobs(['.'], options)).map(([input]) => input);
    expect(found).toEqual(['a.png', 'b.JPG', 'odd/x1.png', 'odd/x[1].png']);
    expect((await jobs(['**/*.*'], options)).map(([input]) => input)).toEqual(found);
  });

  it('names two images that would have one result', async () => {
    await writeFile(path.join(folder, 'odd', 'x1.jpg'), '');
    try {
      await expect(jobs(['odd'])).rejects.toThrow(/out\/x1\.png: .*x1\.jpg and .*x1\.png would both be written there/);
      expect(await jobs(['odd'], { extensionOf: (file) => path.extname(file) })).toHaveLength(3);
    } finally {
      await rm(path.join(folder, 'odd', 'x1.jpg'));
    }
  });

  it('refuses what gives no image, and to write over an input', async () => {
    await mkdir(path.join(folder, 'outer', 'inner'), { recursive: true });
    await expect(jobs(['none.png'])).rejects.toThrow('--input: no such file or folder');
    await expect(jobs(['outer'])).rejects.toThrow(/the folder has no image; expected .*\*\.avif\. .*--recursive$/);
    await expect(jobs(['outer'], { recursive: true })).rejects.toThrow('the folder and those inside it have no image');
    await expect(jobs(['outer/*.png'])).rejects.toThrow('--input: the pattern matches no image');
    await expect(jobs(['a.png'], { outputFolder: folder })).rejects.toThrow('an input would be written over');
  });
});
