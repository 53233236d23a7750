/** @file Labelled comparison grids (LR | student | teacher | HR) as PNG files. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileDurably } from '../files/durable_file.js';
import { canvasPng, createCanvas, drawLabel, drawTile, lineHeight, type Canvas, type GridImage } from './canvas.js';
import { CHANNELS } from './pixels.js';

export type { GridImage } from './canvas.js';

/** Pixels between tiles and around the grid. */
const GAP = 4;
/** Tiles smaller than this are magnified by a whole number, so that tiny images and their labels can be read. */
const MIN_TILE_WIDTH = 96;
/** Tile width from which labels are drawn at double size. */
const LARGE_TILE_WIDTH = 192;

/** Images side by side that show the same thing; smaller ones are enlarged to the largest. */
export interface GridRow {
  /** Drawn above the row, e.g. the file name. */
  readonly label?: string;
  readonly images: readonly GridImage[];
}

function checkRows(rows: readonly GridRow[], columns: number): void {
  if (rows.length === 0 || columns === 0) throw new Error('a grid needs at least one row and one column');
  for (const { images } of rows) {
    if (images.length !== columns) throw new Error(`a row has ${images.length} images for ${columns} column labels`);
    for (const { data, height, width } of images) {
      if (data.length === 0 || data.length !== height * width * CHANNELS) {
        throw new Error(`${data.length} values are no image of [${height},${width},${CHANNELS}]`);
      }
    }
  }
}

/** Sizes of a row's tiles: those of its largest image, times a whole number if that is tiny. */
function tileSize({ images }: GridRow): { height: number; width: number } {
  const height = Math.max(...images.map((image) => image.height));
  const width = Math.max(...images.map((image) => image.width));
  const zoom = Math.max(1, Math.ceil(MIN_TILE_WIDTH / width));
  return { height: height * zoom, width: width * zoom };
}

function composeGrid(rows: readonly GridRow[], columnLabels: readonly string[]): Canvas {
  checkRows(rows, columnLabels.length);
  const tiles = rows.map(tileSize);
  const columnWidth = Math.max(...tiles.map(({ width }) => width));
  const textScale = columnWidth >= LARGE_TILE_WIDTH ? 2 : 1;
  const textHeight = lineHeight(textScale) + GAP;
  const width = GAP + columnLabels.length * (columnWidth + GAP);
  const labelHeights = rows.map(({ label }) => (label ? textHeight : 0));
  const height =
    GAP + textHeight + rows.reduce((sum, _, index) => sum + labelHeights[index]! + tiles[index]!.height + GAP, 0);
  const canvas = createCanvas(height, width);

  const columnLeft = (column: number): number => GAP + column * (columnWidth + GAP);
  columnLabels.forEach((label, column) => {
    drawLabel(canvas, label, columnLeft(column), GAP, columnWidth, textScale);
  });
  let top = GAP + textHeight;
  rows.forEach(({ label, images }, index) => {
    if (label) drawLabel(canvas, label, GAP, top, width - 2 * GAP, textScale);
    top += labelHeights[index]!;
    const tile = tiles[index]!;
    images.forEach((image, column) => {
      drawTile(canvas, image, columnLeft(column), top, tile.height, tile.width);
    });
    top += tile.height + GAP;
  });
  return canvas;
}

/**
 * Writes a grid with one column a label and one row a subject as PNG; its folder is made. Within a row, smaller images
 * (the LR one) are enlarged by nearest neighbour to the size of the largest; rows of tiny images are magnified by a whole
 * number. The file appears complete or not at all.
 *
 * @throws Error if rows and labels do not match, or an image's data its size.
 */
export async function writeGrid(
  file: string,
  rows: readonly GridRow[],
  columnLabels: readonly string[],
): Promise<void> {
  const png = await canvasPng(composeGrid(rows, columnLabels));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileDurably(file, png);
}
