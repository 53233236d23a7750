/** @file `rsd-data preview` and `stats` on a small folder: what they write and print, and what they refuse. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/rsd_data.js';
import type { PhotoStatistics } from '../../src/data/photo_statistics.js';
import { temporaryFolder, writePhoto } from '../helpers/photos.js';

const folder = await temporaryFolder();
const photos = join(folder, 'photos');
const run = join(folder, 'run.yaml');
beforeAll(async () => {
  for (const [i, side] of [24, 48, 96].entries()) await writePhoto(join(photos, `${i}.png`), side, 64, i);
  await writePhoto(join(photos, '3.jpg'), 300, 100, 3);
  await writeFile(join(photos, 'broken.jpg'), 'no photo');
  await writeFile(
    run,
    `train: { batch: 2, microBatch: 2 }
data: { train: ${photos}, validation: { hr: null }, gtSize: 64, rescale: false, workers: 0, maxMegapixels: 0.02, degradation: { kind: mild } }
teacher: { unet: { imageSize: 16, channelMult: [1], numResBlocks: [1], attentionResolutions: [16] } }
rsd: { gan: { head: pooled } }
`,
  );
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs the program; exit code and standard output. */
async function rsdData(...argv: string[]): Promise<{ code: number; output: string }> {
  let output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  const code = await main(argv);
  vi.restoreAllMocks();
  return { code, output };
}

describe('stats', () => {
  it('counts, measures, and names what cannot be read', async () => {
    const { code, output } = await rsdData('stats', '--config', run);
    expect(code).toBe(0);
    expect(output).toMatch(/^5 photos in .*photos\n/);
    expect(output).toMatch(/decoded: 5 of them \(\.png 3, \.jpg 2\)/);
    expect(output).toMatch(/short side: 24 \/ 48 \/ 64 pixels/);
    expect(output).toMatch(/smaller than a crop \(64\): 2,/);
    expect(output).toMatch(/batches: [\d.,]+ images\/s \(10 batches of 2, 0 threads, mild\)/);
    expect(output).toMatch(
      /cannot be read: 2\n {2}.*3\.jpg: 100x300, 0\.03 megapixels: more than .*\n {2}.*broken\.jpg: /,
    );
  });

  it('takes a sample spread over the list, as JSON', async () => {
    const { output } = await rsdData('stats', '--config', run, '--sample', '2', '--json');
    const found = JSON.parse(output) as PhotoStatistics & { throughput: { imagesPerSecond: number } };
    expect(found).toMatchObject({ photos: 5, sample: 2, endings: { '.png': 2 }, failures: [] });
    expect(found.sizes!.shortSide).toEqual({ least: 24, median: 64, most: 64 });
    expect(found.throughput.imagesPerSecond).toBeGreaterThan(0);
  });

  it('does without batches where no photo can be read', async () => {
    const { output } = await rsdData('stats', '--config', run, '--set', `data.train=${join(photos, 'broken.jpg')}`);
    expect(output).toMatch(/cannot be read: 1/);
    expect(output).not.toMatch(/batches:/);
  });
});

describe('preview', () => {
  it('writes a sheet and a page', async () => {
    const output = join(folder, 'preview');
    expect((await rsdData('preview', '--config', run, '--count', '3', '--output', output)).code).toBe(0);
    expect((await readdir(output)).sort()).toEqual(['preview.html', 'preview.png']);
    const page = await readFile(join(output, 'preview.html'), 'utf8');
    expect(page).toContain('3 pairs');
    expect(page).toContain(run);
  });

  it('refuses what is no number of pairs', async () => {
    for (const count of ['0', '-1', 'x', '1.5']) {
      await expect(rsdData('preview', '--config', run, '--count', count)).rejects.toThrow(/--count: expected a number/);
    }
  });
});

it('refuses run files that are not there', async () => {
  for (const command of ['stats', 'preview']) {
    await expect(rsdData(command, '--config', 'nowhere.yaml')).rejects.toThrow(/nowhere\.yaml: no such run file/);
  }
});
