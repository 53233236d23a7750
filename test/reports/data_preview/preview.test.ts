/** @file Previews: the pairs a run would get, with what was drawn for them, as picture and page. */
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { runSchema } from '../../../src/config/schema.js';
import { createPairStream } from '../../../src/data/stream.js';
import { textWidth } from '../../../src/images/bitmap_font.js';
import { previewPage } from '../../../src/reports/data_preview/preview_page.js';
import { previewPairs, type Preview } from '../../../src/reports/data_preview/preview_pairs.js';
import { previewSheet, textLines } from '../../../src/reports/data_preview/preview_sheet.js';
import { temporaryFolder, writePhoto } from '../../helpers/photos.js';

const [folder, grey] = [await temporaryFolder(), await temporaryFolder()];
for (let i = 0; i < 3; i++) await writePhoto(join(folder, `<${i}>.png`), 70, 80, i);

function dataOf(degradation: object) {
  return runSchema.parse({ data: { train: folder, gtSize: 64, rescale: false, workers: 0, degradation } }).data;
}

/** Settings that leave one possible draw. */
const FIXED = { kind: 'mild', blurSigma: [0.5, 0.5], noiseSigma: [4, 4], jpegQuality: [80, 80] };

let preview: Preview;
beforeAll(async () => {
  preview = await previewPairs({ data: dataOf(FIXED), seed: 3, batch: 2 }, 3);
});

it('shows the batches of the run', async () => {
  const stream = await createPairStream(dataOf(FIXED), { seed: 3, batch: 2 });
  const batches = [await stream.batch(0), await stream.batch(1)];
  expect(preview.pairs.map(({ file }) => file)).toEqual(batches.flatMap(({ names }) => names).slice(0, 3));
  expect(preview.pairs[2]!.hr).toEqual({ height: 64, width: 64, data: batches[1]!.hr.subarray(0, 64 * 64 * 3) });
  expect(preview.pairs[1]!.lq).toEqual({ height: 16, width: 16, data: batches[0]!.lq.subarray(16 * 16 * 3) });
  await stream.close();
});

describe('what was drawn', () => {
  it('is what the settings allow', () => {
    for (const { drawn } of preview.pairs) {
      expect(drawn).toMatchObject({ blur: 'sigma 0.5', noise: 'sigma 4', jpeg: '80' });
      expect(drawn['reduction']).toMatch(/^(area|bilinear|bicubic)$/);
    }
  });

  it('is what made the pair', async () => {
    for (let i = 0; i < 2; i++) {
      await sharp({ create: { width: 80, height: 70, channels: 3, background: '#808080' } }).toFile(
        join(grey, `${i}.png`),
      );
    }
    const data = { ...dataOf({ ...FIXED, noiseSigma: [0, 60], jpegQuality: [100, 100] }), train: grey };
    const { pairs } = await previewPairs({ data, seed: 3, batch: 2 }, 8);
    for (const { drawn, lq } of pairs) {
      const sigma = Number(drawn['noise']!.replace('sigma ', ''));
      const seen = 127.5 * Math.sqrt(Float32Array.from(lq.data).reduce((sum, v) => sum + v ** 2, 0) / lq.data.length);
      // Half of the colours' resolution goes with the JPEG, and some of the noise with it.
      expect(seen / (sigma + 1)).toBeGreaterThan(0.45);
      expect(seen / (sigma + 1)).toBeLessThan(0.95);
    }
  });

  it('is told for the other degradations', async () => {
    const drawnBy = async (degradation: object) =>
      (await previewPairs({ data: dataOf(degradation), seed: 3, batch: 1 }, 1)).pairs[0]!.drawn;
    expect(await drawnBy({ kind: 'bicubic' })).toEqual({ reduction: 'imresize' });
    const drawn = await drawnBy({ kind: 'realesrgan', secondOrderProb: 0 });
    expect(drawn).toMatchObject({ 'second pass': 'none' });
    expect(drawn['first noise']).toMatch(/^(gaussian|poisson)/);
  });
});

it('draws a sheet: HR left, LQ in blocks right', async () => {
  const { data, info } = await sharp(await previewSheet(preview.pairs))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number) => data[(y * info.width + x) * info.channels]!;
  const { hr, lq } = preview.pairs[0]!;
  const level = (value: number) => Math.round((value + 1) * 127.5);
  // Tiles of 192 pixels from (20, 20): three pixels for one of HR, twelve for one of LQ.
  for (const [x, y] of [
    [0, 0],
    [63, 0],
    [30, 63],
  ] as const) {
    expect(pixel(20 + 3 * x + 1, 20 + 3 * y + 1)).toBe(level(hr.data[(y * 64 + x) * 3]!));
    const [column, row] = [x >> 2, y >> 2];
    expect(pixel(20 + 192 + 4 + 3 * x + 1, 20 + 3 * y + 1)).toBe(level(lq.data[(row * 16 + column) * 3]!));
  }
});

it('breaks long draws into lines that fit', () => {
  const pair = { ...preview.pairs[0]!, drawn: { kernel: 'generalized aniso 19x19, sigma 1.23 and 2.34, 120 deg' } };
  const lines = textLines(pair, 120);
  expect(lines.length).toBeGreaterThan(3);
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(120);
  expect(lines.join('').replaceAll(' ', '')).toContain('kernel:generalizedaniso19x19,sigma1.23and2.34,120deg');
});

it('makes a page that needs nothing else and shows file names as they are', async () => {
  const failures = [{ file: 'a&b.png', reason: 'broken' }];
  const page = await previewPage({ ...preview, failures }, { run: 'run.yaml', degradation: 'mild' });
  expect(page.match(/src="data:image\/png;base64,/g)).toHaveLength(6);
  expect(page).not.toMatch(/(src|href)="(?!data:|#)/);
  expect(page).toContain('&lt;0&gt;.png');
  expect(page).toContain('a&amp;b.png');
  expect(page).toContain('sigma 0.5');
});
