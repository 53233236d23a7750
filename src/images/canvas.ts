/** @file An RGB image that small images and text are drawn on: grids of samples, preview sheets. */
import sharp from 'sharp';
import { drawText, GLYPH_HEIGHT, textWidth } from './bitmap_font.js';
import { CHANNELS } from './pixels.js';

const BACKGROUND = 24;
const INK = 235;

/** RGB pixels [height, width, 3] row by row: floats in [-1, 1] (clamped), or bytes. */
export interface GridImage {
  readonly data: Float32Array | Uint8Array | Uint8ClampedArray;
  readonly height: number;
  readonly width: number;
}

/** Height of a line of text, letters as squares of `scale` pixels. */
export const lineHeight = (scale: number): number => GLYPH_HEIGHT * scale;

/** An RGB image of bytes that can be drawn on. */
export interface Canvas {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** A canvas of the background's colour. */
export function createCanvas(height: number, width: number): Canvas {
  return { data: new Uint8Array(height * width * CHANNELS).fill(BACKGROUND), height, width };
}

/** The canvas as a PNG file's content. */
export function canvasPng({ data, height, width }: Canvas): Promise<Buffer> {
  return sharp(data, { raw: { height, width, channels: CHANNELS } })
    .png()
    .toBuffer();
}

function fill(canvas: Canvas, x: number, y: number, value: number): void {
  const at = (y * canvas.width + x) * CHANNELS;
  canvas.data.fill(value, at, at + CHANNELS);
}

/** Draws what fits of a text into `room` pixels, each of its pixels as a square of `scale`. */
export function drawLabel(canvas: Canvas, text: string, left: number, top: number, room: number, scale: number): void {
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
export function drawTile(
  canvas: Canvas,
  image: GridImage,
  left: number,
  top: number,
  height: number,
  width: number,
): void {
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
