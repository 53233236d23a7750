/** @file Images in, images out: pixels to the bytes of a file, and those to the disk. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { UserError } from '../errors/user_error.js';
import { writeFileDurably } from '../files/durable_file.js';
import { FORMATS, type FileFormat } from './file_formats.js';
import { colourSpaceOf, framed, type MetadataFrame } from './metadata_frame.js';
import type { RawImage } from './raw_image.js';

/** How pixels are encoded. */
export interface EncodeOptions {
  readonly format: FileFormat;
  /** 1 to 100; the format's own by default, without meaning for PNG and TIFF. */
  readonly quality?: number;
  /** JPEG with half the colour resolution, as most programs write it. */
  readonly subsampled?: boolean;
  /** Of the input, to go with the pixels. */
  readonly metadata?: MetadataFrame;
}

/** From that size on, the offsets of a TIFF file may need more than 32 bits. */
const BIG_TIFF = 2 ** 31;

/**
 * Encodes pixels. The caller sees to it that the format holds them (`FORMATS`): 16 bits for PNG and TIFF only, no alpha
 * for JPEG.
 * @throws UserError if the library cannot.
 */
export async function encodeImage(image: RawImage, options: EncodeOptions): Promise<Buffer> {
  const { format, quality = FORMATS[format].quality, subsampled = false, metadata } = options;
  const { width, height, channels, data } = image;
  try {
    const pixels = metadata
      ? await framed(metadata, image)
      : sharp(data, { raw: { width, height, channels }, limitInputPixels: false }).toColourspace(colourSpaceOf(image));
    return await formatted(pixels, { format, quality, subsampled, bytes: data.byteLength }).toBuffer();
  } catch (error) {
    const found = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    throw new UserError(`cannot be encoded as ${FORMATS[format].name}`, { found }, { cause: error });
  }
}

function formatted(
  pixels: Sharp,
  { format, quality, subsampled, bytes }: { format: FileFormat; quality?: number; subsampled: boolean; bytes: number },
): Sharp {
  switch (format) {
    case 'png':
      return pixels.png();
    case 'jpeg':
      return pixels.jpeg({ quality, chromaSubsampling: subsampled ? '4:2:0' : '4:4:4' });
    case 'webp':
      return pixels.webp({ quality });
    case 'tiff':
      return pixels.tiff({ compression: 'deflate', predictor: 'horizontal', bigtiff: bytes > BIG_TIFF });
    case 'avif':
      return pixels.avif({ quality });
  }
}

/**
 * Writes a file that appears complete or not at all; its folder is made.
 * @throws UserError if it cannot be written.
 */
export async function writeImageFile(file: string, content: Uint8Array): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileDurably(file, content);
  } catch (error) {
    throw new UserError('cannot be written', { file, found: (error as Error).message }, { cause: error });
  }
}
