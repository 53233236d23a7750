/** @file Grids hold the images' own pixels where they belong, and readable labels. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawText, GLYPH_HEIGHT, textWidth } from '../../src/images/bitmap_font.js';
import { writeGrid, type GridImage, type GridRow } from '../../src/images/image_grid.js';
import { temporaryFolder } from '../training/temporary_folder.js';

const GAP = 4;
const TEXT = GLYPH_HEIGHT + GAP;

/** Bytes that differ from pixel to pixel and channel to channel. */
function pattern(height: number, width: number, seed: number): GridImage {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 7 + seed * 31) % 256);
  return { data, height, width };
}

async function drawGrid(rows: GridRow[], labels: string[]) {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'images', 'grid.png');
  await writeGrid(file, rows, labels);
  expect(await readdir(path.dirname(file))).toEqual(['grid.png']);
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  const pixel = (x: number, y: number): number[] => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
  return { pixel, height: info.height, width: info.width };
}

function imagePixel({ data, width }: GridImage, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

test('tiles hold the images; the LR one is enlarged by nearest neighbour', async () => {
  const [lr, hr] = [pattern(32, 25, 1), pattern(128, 100, 2)];
  const { pixel, height, width } = await drawGrid(
    [{ images: [lr, hr] }, { images: [lr, hr], label: 'b' }],
    ['LR', 'HR'],
  );
  expect([height, width]).toEqual([GAP + TEXT + 2 * (128 + GAP) + TEXT, GAP + 2 * (100 + GAP)]);
  for (const top of [GAP + TEXT, GAP + TEXT + 128 + GAP + TEXT]) {
    for (const [x, y] of [
      [0, 0],
      [99, 127],
      [50, 3],
      [7, 70],
    ] as const) {
      expect(pixel(GAP + x, top + y)).toEqual(imagePixel(lr, Math.floor(x / 4), Math.floor(y / 4)));
      expect(pixel(GAP + 100 + GAP + x, top + y)).toEqual(imagePixel(hr, x, y));
    }
  }
});

test('floats are clamped to [-1, 1] and rounded to bytes', async () => {
  const values = [-1, 0, 1, -3, 3, 0.5, -0.5, 1 / 255, -1 / 255];
  const data = Float32Array.from({ length: 96 * 96 * 3 }, (_, i) => values[i % 9]!);
  const { pixel } = await drawGrid([{ images: [{ data, height: 96, width: 96 }] }], ['x']);
  expect([0, 1, 2].map((x) => pixel(GAP + x, GAP + TEXT))).toEqual([
    [0, 128, 255],
    [0, 255, 191],
    [64, 128, 127],
  ]);
});

test('tiny images are magnified by a whole number', async () => {
  const image = pattern(20, 20, 3);
  const { pixel, width } = await drawGrid([{ images: [image] }], ['tiny']);
  expect(width).toBe(GAP + 100 + GAP);
  expect(pixel(GAP + 14, GAP + TEXT + 99)).toEqual(imagePixel(image, 2, 19));
});

test('labels are drawn letter by letter and cut to the column', async () => {
  const black = { data: new Uint8Array(96 * 96 * 3), height: 96, width: 96 };
  const long = 'a label that is much longer than its column';
  const { pixel } = await drawGrid([{ images: [black, black] }], [long, 'T']);
  const lit = (x: number, y: number): boolean => pixel(x, y)[0]! > 128;
  const second = GAP + 96 + GAP;
  const rows = Array.from({ length: 7 }, (_, y) =>
    Array.from({ length: 5 }, (_, x) => (lit(second + x, GAP + y) ? '#' : '.')).join(''),
  );
  expect(rows).toEqual(['#####', ...Array<string>(6).fill('..#..')]);
  const first = Array.from({ length: 8 * 96 }, (_, i) => lit(GAP + (i % 96), GAP + Math.floor(i / 96)));
  let expected = 0;
  drawText(long.slice(0, 16), () => expected++);
  expect(textWidth(long.slice(0, 16))).toBeLessThanOrEqual(96);
  expect(first.filter(Boolean)).toHaveLength(expected);
});

test('every printable character has a glyph of its own', () => {
  const glyphs = Array.from({ length: 95 }, (_, i) => {
    const points: string[] = [];
    drawText(String.fromCharCode(32 + i), (x, y) => {
      expect(x >= 0 && x < 5 && y >= 0 && y < GLYPH_HEIGHT).toBe(true);
      points.push(`${x},${y}`);
    });
    return points.join(' ');
  });
  expect(new Set(glyphs).size).toBe(95);
  expect(glyphs[0]).toBe('');
  const question: string[] = [];
  drawText('é', (x, y) => question.push(`${x},${y}`));
  expect(question.join(' ')).toBe(glyphs['?'.charCodeAt(0) - 32]);
});

test('rejects rows and images that do not fit', async () => {
  const image = pattern(8, 8, 1);
  await expect(writeGrid('x.png', [], ['a'])).rejects.toThrow('at least one row');
  await expect(writeGrid('x.png', [{ images: [image] }], ['a', 'b'])).rejects.toThrow('1 images for 2');
  await expect(writeGrid('x.png', [{ images: [{ ...image, width: 9 }] }], ['a'])).rejects.toThrow('[8,9,3]');
});
