/** @file Images in, images out: PNG, JPEG and WebP files to pictures, pictures to PNG files. */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { UserError } from '../errors.js';
import { CHANNELS, type Picture } from './picture.js';

/** File name endings of the formats {@link readPicture} decodes. */
export const PICTURE_EXTENSIONS: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp'];

const DECODED_FORMATS = new Set(['png', 'jpeg', 'webp']);

/** A decoded file. */
export interface PictureFile {
  readonly picture: Picture;
  /** What was dropped on the way (alpha, further frames), each a short phrase. */
  readonly notes: readonly string[];
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

/**
 * Decodes a file to RGB: grey becomes three equal channels, 16-bit samples keep their precision, alpha is dropped with
 * a note, a camera's orientation tag is applied and an embedded colour profile is converted to sRGB.
 * @returns [h, w, 3] in [-1, 1].
 * @throws UserError if the file is missing, damaged or of another format.
 */
export async function readPicture(file: string): Promise<PictureFile> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new UserError('no such image file', { file });
  try {
    return await decode(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('cannot be decoded as an image', { file, found: reason(error) }, { cause: error });
  }
}

async function decode(file: string): Promise<PictureFile> {
  const image = sharp(file);
  const metadata = await image.metadata();
  if (!DECODED_FORMATS.has(metadata.format)) {
    throw new UserError('unsupported image format', { file, expected: 'PNG, JPEG or WebP', found: metadata.format });
  }
  const notes: string[] = [];
  if (metadata.hasAlpha) notes.push('alpha dropped');
  if ((metadata.pages ?? 1) > 1) notes.push(`first of ${metadata.pages} frames`);
  const deep = metadata.depth === 'ushort';
  const { data, info } = await image
    .autoOrient()
    .removeAlpha()
    .toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== CHANNELS) throw new Error(`${file}: decoded to ${info.channels} channels`);
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  const half = (deep ? 65535 : 255) / 2;
  return {
    picture: { height: info.height, width: info.width, data: Float32Array.from(samples, (v) => v / half - 1) },
    notes,
  };
}

/**
 * Writes an 8-bit RGB PNG: values are clamped to [-1, 1] and rounded. The file appears complete or not at all; its folder
 * is made.
 * @throws UserError if it cannot be written.
 */
export async function writePng(file: string, picture: Picture): Promise<void> {
  const bytes = Uint8Array.from(picture.data, (v) => Math.round(Math.min(Math.max(v * 0.5 + 0.5, 0), 1) * 255));
  const temporary = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await sharp(bytes, { raw: { width: picture.width, height: picture.height, channels: CHANNELS } })
      .png()
      .toFile(temporary);
    await rename(temporary, file);
  } catch (error) {
    // The temporary file may never have come to be.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UserError('cannot be written', { file, found: reason(error) }, { cause: error });
  }
}
