/** @file Images in, images out: files of any usual format to pixels, upright, and what is kept of them beside the pixels. */
import { stat } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { UserError } from '../errors/user_error.js';
import { CHANNELS, type Picture } from '../images/picture.js';
import { FORMAT_NAMES, type FileFormat } from './file_formats.js';
import { blackFrame, type MetadataFrame } from './metadata_frame.js';
import { hasAlpha, isDeep, isGrey, toAlpha, toPicture, type AlphaPlane, type RawImage } from './raw_image.js';

/** A file's path, the content of a file, or decoded pixels. */
export type ImageInput = string | Uint8Array | RawImage;

/** How an image is read. */
export interface DecodeOptions {
  /**
   * Converts colours to sRGB by the embedded profile. Otherwise values stay as they are stored, which wants the profile
   * kept; CMYK and other spaces that are not RGB or grey are converted all the same.
   */
  readonly toSrgb: boolean;
  /** Turns the picture as the camera's orientation tag says. */
  readonly orient: boolean;
  readonly alpha: boolean;
  /** Keeps EXIF, XMP, IPTC and the colour profile for the result. */
  readonly metadata: boolean;
}

/** A decoded image. */
export interface DecodedImage {
  /** [h, w, 3] in [-1, 1]; the three channels are equal if the file is grey. */
  readonly picture: Picture;
  readonly alpha: AlphaPlane | undefined;
  readonly grey: boolean;
  /** 16 bits a sample. */
  readonly deep: boolean;
  readonly metadata: MetadataFrame | undefined;
  /** What was dropped on the way, each a short phrase. */
  readonly notes: readonly string[];
}

/** Size of an image as it will be restored, without decoding it. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
}

const isRaw = (input: ImageInput): input is RawImage => typeof input !== 'string' && !(input instanceof Uint8Array);
const nameOf = (input: ImageInput): string => (typeof input === 'string' ? input : 'image');

/** Names that sharp gives to what is read; AVIF is one of the contents of HEIF. */
function formatOf({ format, compression }: Metadata): FileFormat | undefined {
  if (format === 'heif') return compression === 'av1' ? 'avif' : undefined;
  return (['png', 'jpeg', 'webp', 'tiff'] as const).find((name) => name === format);
}

/** Spaces whose values can be kept as stored. */
const OWN_SPACES = new Set(['srgb', 'rgb', 'rgb16', 'b-w', 'grey16']);

/** Runs a step of decoding; what the library complains of becomes one line that names the file. */
async function reading<T>(input: ImageInput, step: () => Promise<T>): Promise<T> {
  if (typeof input === 'string') {
    const found = await stat(input).catch(() => undefined);
    if (!found?.isFile()) throw new UserError('no such image file', { file: input });
    if (found.size === 0) throw new UserError('the file is empty', { file: input });
  }
  try {
    return await step();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const found = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    throw new UserError('cannot be decoded as an image', { file: nameOf(input), found }, { cause: error });
  }
}

async function readHeader(input: string | Uint8Array): Promise<Metadata> {
  const metadata = await sharp(input).metadata();
  if (!formatOf(metadata)) {
    const found = metadata.compression ? `${metadata.format} (${metadata.compression})` : metadata.format;
    throw new UserError('unsupported image format', { file: nameOf(input), expected: FORMAT_NAMES, found });
  }
  if (metadata.depth !== 'uchar' && metadata.depth !== 'ushort') {
    throw new UserError('unsupported samples', {
      file: nameOf(input),
      expected: '8 or 16 bits a sample',
      found: metadata.depth,
    });
  }
  return metadata;
}

/** @throws UserError if the image is missing, damaged at its beginning or of another format. */
export async function imageHeader(input: ImageInput, { orient }: Pick<DecodeOptions, 'orient'>): Promise<ImageHeader> {
  if (isRaw(input)) return input;
  return reading(input, async () => {
    const metadata = await readHeader(input);
    const { width, height } = orient ? metadata.autoOrient : metadata;
    return { width, height };
  });
}

/**
 * Decodes an image. Palettes and fewer than 8 bits become 8 bits; of several frames or pages the first is taken, with a
 * note.
 * @throws UserError if it is missing, damaged or of another format.
 */
export async function decodeImage(input: ImageInput, options: DecodeOptions): Promise<DecodedImage> {
  if (isRaw(input)) return fromRaw(checkRaw(input), options.alpha, undefined, []);
  return reading(input, async () => {
    const metadata = await readHeader(input);
    const notes: string[] = [];
    if ((metadata.pages ?? 1) > 1) notes.push(`first of ${metadata.pages} frames`);
    const ownValues = !options.toSrgb && OWN_SPACES.has(metadata.space);
    const image = await decodePixels(sharp(input, { ignoreIcc: ownValues }), metadata, options);
    const frame = options.metadata ? await blackFrame(input, metadata, image).catch(() => null) : undefined;
    if (frame === null) notes.push('its metadata cannot be read and was dropped');
    return fromRaw(image, options.alpha, frame ?? undefined, notes);
  });
}

async function decodePixels(image: Sharp, metadata: Metadata, { orient, toSrgb }: DecodeOptions): Promise<RawImage> {
  const { space } = metadata;
  const grey = space === 'b-w' || space === 'grey16';
  const deep = space === 'rgb16' || space === 'grey16';
  if (orient) image.autoOrient();
  // The library goes from a profile to P3 where samples have 16 bits; from there on to sRGB.
  if (toSrgb && deep && metadata.icc) image.withIccProfile('srgb', { attach: false });
  const { data, info } = await image
    // As RGB even if grey: for grey with alpha the library would leave out the alpha.
    .toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels < CHANNELS) throw new Error(`decoded to ${channels} channels`);
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return selectChannels(width, height, channels, samples, grey ? 1 : CHANNELS, metadata.hasAlpha);
}

/** Of `channels` stored samples a pixel the first `colours` ones, and the fourth as alpha. */
function selectChannels(
  width: number,
  height: number,
  channels: number,
  samples: Uint8Array | Uint16Array,
  colours: 1 | 3,
  alpha: boolean,
): RawImage {
  const kept = (colours + (alpha ? 1 : 0)) as RawImage['channels'];
  if (kept === channels) return { width, height, channels: kept, data: samples };
  const length = width * height * kept;
  const data = samples instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < colours; c++) data[pixel * kept + c] = samples[pixel * channels + c]!;
    if (alpha) data[(pixel + 1) * kept - 1] = samples[pixel * channels + CHANNELS]!;
  }
  return { width, height, channels: kept, data };
}

function fromRaw(
  image: RawImage,
  alpha: boolean,
  metadata: MetadataFrame | undefined,
  notes: readonly string[],
): DecodedImage {
  const dropped = hasAlpha(image) && !alpha ? ['alpha dropped'] : [];
  return {
    picture: toPicture(image),
    alpha: hasAlpha(image) && alpha ? toAlpha(image) : undefined,
    grey: isGrey(image),
    deep: isDeep(image),
    metadata,
    notes: [...notes, ...dropped],
  };
}

function checkRaw(image: RawImage): RawImage {
  const { width, height, channels, data } = image;
  const expected = width * height * channels;
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!whole || ![1, 2, 3, 4].includes(channels) || data.length !== expected) {
    throw new UserError('the raw image does not fit its size', {
      expected: `width x height x channels (1 to 4) samples`,
      found: `${data.length} samples for ${width} x ${height} x ${channels}`,
    });
  }
  return image;
}
