/** @file Images in, images out: the file formats, what each can hold, and which one a result is written in. */
import path from 'node:path';
import { UserError } from '../errors/user_error.js';

/** A format that is read and written. */
export type FileFormat = 'png' | 'jpeg' | 'webp' | 'tiff' | 'avif';

/** What `--format` takes: a format, or that of the input's file name. */
export const OUTPUT_FORMATS = ['png', 'jpeg', 'webp', 'tiff', 'avif', 'same'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

interface FormatFacts {
  readonly name: string;
  /** Of file names; the first is given to results. */
  readonly extensions: readonly string[];
  /** Longest side in pixels. */
  readonly longestSide: number;
  readonly alpha: boolean;
  /** Whether 16-bit samples stay so. */
  readonly deep: boolean;
  /** Whether EXIF tags can be written. */
  readonly exif: boolean;
  /** Default of `--quality`; none for formats without loss. */
  readonly quality?: number;
}

/** Facts of each format, as far as libvips writes it. */
export const FORMATS: Readonly<Record<FileFormat, FormatFacts>> = {
  png: { name: 'PNG', extensions: ['.png'], longestSide: 2 ** 31 - 1, alpha: true, deep: true, exif: true },
  jpeg: {
    name: 'JPEG',
    extensions: ['.jpg', '.jpeg'],
    longestSide: 65535,
    alpha: false,
    deep: false,
    exif: true,
    quality: 95,
  },
  webp: {
    name: 'WebP',
    extensions: ['.webp'],
    longestSide: 16383,
    alpha: true,
    deep: false,
    exif: true,
    quality: 90,
  },
  tiff: { name: 'TIFF', extensions: ['.tif', '.tiff'], longestSide: 2 ** 31 - 1, alpha: true, deep: true, exif: false },
  avif: {
    name: 'AVIF',
    extensions: ['.avif'],
    longestSide: 16384,
    alpha: true,
    deep: false,
    exif: true,
    quality: 80,
  },
};

/** File name endings of images that are read, lower case. */
export const PICTURE_EXTENSIONS: readonly string[] = Object.values(FORMATS).flatMap(({ extensions }) => extensions);

/** Names of the formats, for messages. */
export const FORMAT_NAMES = Object.values(FORMATS)
  .map(({ name }) => name)
  .join(', ');

/** The format that a file's name claims. */
function formatOfName(file: string): FileFormat | undefined {
  const extension = path.extname(file).toLowerCase();
  return (Object.keys(FORMATS) as FileFormat[]).find((format) => FORMATS[format].extensions.includes(extension));
}

/** How a result is written. */
export interface OutputFile {
  readonly format: FileFormat;
  /** With the dot. */
  readonly extension: string;
}

/**
 * The format of a file's result and the ending of its name.
 * @param format `same` keeps both; a file of another name is then an error.
 */
export function outputFileOf(input: string, format: OutputFormat): OutputFile {
  if (format !== 'same') return { format, extension: FORMATS[format].extensions[0]! };
  const own = formatOfName(input);
  if (own) return { format: own, extension: path.extname(input) };
  throw new UserError('its name does not say which format --format same means', {
    file: input,
    expected: `a name ending in ${PICTURE_EXTENSIONS.join(', ')}`,
  });
}

/** What the RSD release writes: JPEG for names of JPEG files, with the ending they have, PNG for all others. */
export function releaseFileOf(input: string): OutputFile {
  return formatOfName(input) === 'jpeg' ? outputFileOf(input, 'same') : outputFileOf(input, 'png');
}

/** @throws UserError if a format has no quality to choose, or not this one. */
export function checkQuality(quality: number | undefined, format: OutputFormat): void {
  if (quality === undefined) return;
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new UserError('impossible quality', {
      key: '--quality',
      expected: 'a whole number from 1 to 100',
      found: `${quality}`,
    });
  }
  if (format !== 'same' && FORMATS[format].quality === undefined) {
    throw new UserError(`${FORMATS[format].name} is written without loss`, {
      key: '--quality',
      remedy: 'Leave it out, or choose --format jpeg, webp or avif',
    });
  }
}

/** @throws UserError if an image of this size cannot be written in the format. */
export function checkSize(format: FileFormat, width: number, height: number): void {
  const { name, longestSide } = FORMATS[format];
  if (Math.max(width, height) <= longestSide) return;
  throw new UserError(`${name} holds no image of that size`, {
    expected: `sides of at most ${longestSide} pixels`,
    found: `${width} x ${height} after restoring`,
    remedy: 'Choose --format png or tiff',
  });
}
