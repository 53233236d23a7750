/** @file A preview as one picture: pairs side by side, HR left, LQ enlarged right, the draws below. */
import { basename } from 'node:path';
import { textWidth } from '../../images/bitmap_font.js';
import { canvasPng, createCanvas, drawLabel, drawTile, lineHeight } from '../../images/canvas.js';
import type { PreviewPair } from './preview_pairs.js';

const COLUMNS = 4;
const GAP = 4;
const CELL_GAP = 20;
/** Smaller tiles are magnified by a whole number: text must fit below them. */
const LEAST_TILE = 192;
const LINE = lineHeight(1) + 3;

/** The draws as lines that fit a width, each draw on as few as it takes. */
export function textLines({ file, drawn }: PreviewPair, width: number): string[] {
  const lines: string[] = [];
  for (const entry of [basename(file), ...Object.entries(drawn).map(([name, value]) => `${name}: ${value}`)]) {
    let line = '';
    for (const word of entry.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && textWidth(longer) > width) {
        lines.push(line);
        line = `  ${word}`;
      } else line = longer;
    }
    lines.push(line);
  }
  return lines;
}

/**
 * Draws a preview.
 * @param pairs at least one, all of one size
 * @returns content of a PNG file
 */
export async function previewSheet(pairs: readonly PreviewPair[]): Promise<Buffer> {
  const side = pairs[0]!.hr.width;
  const tile = side * Math.ceil(LEAST_TILE / side);
  const width = 2 * tile + GAP;
  const texts = pairs.map((pair) => textLines(pair, width));
  const height = tile + GAP + Math.max(...texts.map((lines) => lines.length)) * LINE;
  const columns = Math.min(COLUMNS, pairs.length);
  const rows = Math.ceil(pairs.length / columns);
  const canvas = createCanvas(CELL_GAP + rows * (height + CELL_GAP), CELL_GAP + columns * (width + CELL_GAP));
  pairs.forEach(({ hr, lq }, i) => {
    const left = CELL_GAP + (i % columns) * (width + CELL_GAP);
    const top = CELL_GAP + Math.floor(i / columns) * (height + CELL_GAP);
    drawTile(canvas, hr, left, top, tile, tile);
    drawTile(canvas, lq, left + tile + GAP, top, tile, tile);
    texts[i]!.forEach((line, k) => {
      drawLabel(canvas, line, left, top + tile + GAP + k * LINE, width, 1);
    });
  });
  return canvasPng(canvas);
}
