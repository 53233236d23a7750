/** @file Labelled comparison grids (LR | student | teacher | HR) as PNG files. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { drawText, GLYPH_HEIGHT, textWidth } from './bitmap_font.js';
import { writeFileDurably } from './durable_file.js';

const CHANNELS = 3;
/** Pixels between tiles and around the grid. */
const GAP = 4;
const BACKGROUND = 24;
const INK = 235;
/** Tiles smaller than this are magnified by a whole number, so that tiny images and their labels can be read. */
const MIN_TILE_WIDTH = 96;
/** Tile width from which labels are drawn at double size. */
const LARGE_TILE_WIDTH = 192;

/** RGB pixels [height, width, 3] row by row: floats in [-1, 1] (clamped), or bytes. */
export interface GridImage {
  readonly data: Float32Array | Uint8Array | Uint8ClampedArray;
  readonly height: number;
  readonly width: number;
}

/** Images side by side that show the same thing; smaller ones are enlarged to the largest. */
export interface GridRow {
  /** Drawn above the row, e.g. the file name. */
  readonly label?: string;
  readonly images: readonly GridImage[];
}

/** An RGB image of bytes that can be drawn on. */
interface Canvas {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

function fill(canvas: Canvas, x: number, y: number, value: number): void {
  const at = (y * canvas.width + x) * CHANNELS;
  canvas.data.fill(value, at, at + CHANNELS);
}

/** Draws what fits of a text into `room` pixels, each of its pixels as a square of `scale`. */
function drawLabel(canvas: Canvas, text: string, left: number, top: number, room: number, scale: number): void {
  let shown = text;
  while (textWidth(shown) * scale > room) shown = shown.slice(0, -1);
  drawText(shown, (x, y) => {
    for (let dy = 0; dy < scale; dy++) {
      for (let dx = 0; dx < scale; dx++) fill(canvas, left + x * scale + dx, top + y * scale + dy, INK);
    }
  });
}

function toByte(data: GridImage['data'], index: number): number {
  const value = data[index]!;
  return data instanceof Float32Array ? Math.round(Math.min(Math.max((value + 1) * 127.5, 0), 255)) : value;
}

/** Draws an image by nearest neighbour into a tile of `height` x `width`, keeping its shape, at the upper left. */
function drawTile(canvas: Canvas, image: GridImage, left: number, top: number, height: number, width: number): void {
  const zoom = Math.min(height / image.height, width / image.width);
  for (let y = 0; y < Math.round(image.height * zoom); y++) {
    const sourceRow = Math.min(Math.floor((y + 0.5) / zoom), image.height - 1) * image.width;
    for (let x = 0; x < Math.round(image.width * zoom); x++) {
      const source = (sourceRow + Math.min(Math.floor((x + 0.5) / zoom), image.width - 1)) * CHANNELS;
      const at = ((top + y) * canvas.width + left + x) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) canvas.data[at + c] = toByte(image.data, source + c);
    }
  }
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
  const textHeight = GLYPH_HEIGHT * textScale + GAP;
  const width = GAP + columnLabels.length * (columnWidth + GAP);
  const labelHeights = rows.map(({ label }) => (label ? textHeight : 0));
  const height =
    GAP + textHeight + rows.reduce((sum, _, index) => sum + labelHeights[index]! + tiles[index]!.height + GAP, 0);
  const canvas = { data: new Uint8Array(height * width * CHANNELS).fill(BACKGROUND), height, width };

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
  const { data, height, width } = composeGrid(rows, columnLabels);
  const png = await sharp(data, { raw: { width, height, channels: CHANNELS } })
    .png()
    .toBuffer();
  await mkdir(path.dirname(file), { recursive: true });
  await writeFileDurably(file, png);
}
