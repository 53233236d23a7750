/** @file Images in, images out: one image from its file to the pixels of the result, with transparency and colour fix. */
import { CHANNELS, type Picture } from '../images/picture.js';
import { adainFix, waveletFix } from './color_fix.js';
import { decodeImage, type DecodedImage, type ImageInput } from './decode_image.js';
import type { AlphaMode, ColorFix } from './defaults.js';
import { enlargedRows } from './enlarge.js';
import { FORMATS, type FileFormat } from './file_formats.js';
import type { MetadataFrame } from './metadata_frame.js';
import { RawImageWriter, type AlphaPlane, type RawImage } from './raw_image.js';
import type { Restorer, RestoreRun } from './restorer.js';

/** What is made of an image besides enlarging it. */
export interface ImageOptions {
  /** Drops EXIF, XMP, IPTC and the colour profile, after converting the colours to sRGB. Default: all are kept. */
  readonly strip?: boolean;
  /** Default `bicubic`. */
  readonly alpha?: AlphaMode;
  /** Default `none`. */
  readonly colorFix?: ColorFix;
  /**
   * Reads and writes as the RSD release does: values as stored whatever profile or orientation tag there is, no alpha,
   * grey as three channels, 8 bits, no metadata. Default false.
   */
  readonly asRelease?: boolean;
}

/** A result. */
export interface RestoredImage {
  readonly image: RawImage;
  /** For `encodeImage`. */
  readonly metadata: MetadataFrame | undefined;
  /** What was dropped on the way, each a short phrase. */
  readonly notes: readonly string[];
}

/**
 * Restores an image: grey stays grey, 16 bits stay 16 bits, transparency and metadata are kept - as far as the format
 * that the result is meant for can hold them.
 * @param format `undefined` for one that holds everything.
 * @throws UserError if the image cannot be read, or the result is too large for the memory.
 */
export async function restoreImage(
  restorer: Restorer,
  input: ImageInput,
  { strip = false, alpha = 'bicubic', colorFix = 'none', asRelease = false }: ImageOptions,
  format?: FileFormat,
  run: RestoreRun = {},
): Promise<RestoredImage> {
  const holds = format ? FORMATS[format] : { alpha: true, deep: true, exif: true, name: '' };
  const source = await decodeImage(input, {
    toSrgb: strip && !asRelease,
    orient: !asRelease,
    alpha: alpha !== 'drop' && holds.alpha && !asRelease,
    metadata: !strip && !asRelease,
  });
  const { scale } = restorer;
  const deep = source.deep && holds.deep && !asRelease;
  const writer = new RawImageWriter({
    width: source.picture.width * scale,
    height: source.picture.height * scale,
    grey: source.grey && !asRelease,
    alpha: source.alpha !== undefined,
    deep,
  });
  // Opaque everywhere is not worth a way through the network.
  const alphaThroughNetwork = alpha === 'network' && source.alpha?.some((value) => value < 1) === true;
  const runs = splitProgress(run, alphaThroughNetwork ? 2 : 1);
  await restoreColours(restorer, source.picture, colorFix, writer, runs[0]!);
  if (alphaThroughNetwork) await restoreAlpha(restorer, source, writer, runs[1]!);
  else if (source.alpha) enlargeAlpha(source.picture, source.alpha, scale, writer);

  const notes = [...source.notes];
  if (source.deep && !deep) notes.push('16 bits became 8');
  if (source.metadata && !holds.exif) notes.push(`EXIF dropped (${holds.name} takes the colour profile and XMP only)`);
  return { image: writer.image, metadata: source.metadata, notes };
}

async function restoreColours(
  restorer: Restorer,
  picture: Picture,
  colorFix: ColorFix,
  writer: RawImageWriter,
  run: RestoreRun,
): Promise<void> {
  if (colorFix === 'none') {
    await restorer.restoreBands(picture, (band, top) => writer.writeBand(band, top), run);
    return;
  }
  // Both fixes look at the whole picture.
  const restored = await restorer.restore(picture, run);
  const fix = colorFix === 'adain' ? adainFix : waveletFix;
  writer.writeBand(fix(restored, picture, restorer.scale), 0);
}

/** Transparency as a grey picture of its own, with noise of its own. */
async function restoreAlpha(
  restorer: Restorer,
  { picture: { height, width }, alpha }: DecodedImage,
  writer: RawImageWriter,
  run: RestoreRun,
): Promise<void> {
  const grey = Float32Array.from(
    { length: height * width * CHANNELS },
    (_, i) => alpha![Math.floor(i / CHANNELS)]! * 2 - 1,
  );
  await restorer.restoreBands(
    { height, width, data: grey },
    (band, top) => {
      const mean = (pixel: number): number =>
        (band.data[pixel * 3]! + band.data[pixel * 3 + 1]! + band.data[pixel * 3 + 2]!) / CHANNELS;
      writer.writeAlpha(
        Float32Array.from({ length: band.height * band.width }, (_, pixel) => mean(pixel) * 0.5 + 0.5),
        top,
      );
    },
    run,
  );
}

function enlargeAlpha({ height, width }: Picture, alpha: AlphaPlane, scale: number, writer: RawImageWriter): void {
  let y = 0;
  for (const row of enlargedRows({ height, width, channels: 1, data: alpha }, scale)) writer.writeAlpha(row, y++);
}

/** Runs that each report their share of one whole. */
function splitProgress(run: RestoreRun, parts: number): RestoreRun[] {
  return Array.from({ length: parts }, (_, part) => ({
    ...run,
    onProgress: ({ done, total }) => run.onProgress?.({ done: done + part * total, total: parts * total }),
  }));
}
