/** @file Image files to 8-bit RGB. */
import sharp from 'sharp';
import { CHANNELS, type Rgb8 } from '../images/pixels.js';

// The library keeps files open and pixels around for the case that they are asked for again; DecodedCache does that here.
sharp.cache(false);

/** Pixels in a megapixel. */
const MEGA = 1e6;
/** Photos above this, in megapixels, are decoded one at a time. */
const LARGE = 16;
/** What photos come in. The library reads more: drawings, documents, volumes. */
const FORMATS = new Set(['jpeg', 'png', 'webp', 'tiff', 'heif', 'gif']);
/** CMYK and one more, or RGB and alpha. A damaged header can ask for thousands. */
const MOST_CHANNELS = 5;

/** Reads the header alone. @throws Error if there is more in the file than a photo. */
async function checkedMegapixels(file: string, limit: number): Promise<number> {
  const { format, width, height, channels } = await sharp(file).metadata();
  if (!FORMATS.has(format)) throw new Error(`${format} is no format of photos`);
  if (channels > MOST_CHANNELS) throw new Error(`${channels} channels`);
  const megapixels = (width * height) / MEGA;
  if (megapixels > limit) {
    throw new Error(
      `${width}x${height}, ${Number(megapixels.toPrecision(3))} megapixels: more than data.maxMegapixels, ${limit}`,
    );
  }
  return megapixels;
}

async function decode(file: string): Promise<Rgb8> {
  const { data, info } = await sharp(file, { failOn: 'error', limitInputPixels: false })
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== CHANNELS) throw new Error(`decoded to ${info.channels} channels instead of ${CHANNELS}`);
  return { height: info.height, width: info.width, data };
}

/**
 * Decodes a photo: orientation tag applied, colour profile and CMYK converted to sRGB, grey expanded, alpha dropped, 16-bit
 * samples reduced to 8, the first frame of several taken.
 * @param maxMegapixels larger photos are refused by their header, before anything is decoded
 * @throws Error if the file cannot be read, is damaged, no photo or too large
 */
export async function decodePhoto(file: string, maxMegapixels = Infinity): Promise<Rgb8> {
  await checkedMegapixels(file, maxMegapixels);
  return decode(file);
}

/**
 * A {@link decodePhoto} for many at a time, that decodes large photos one after the other: the memory for photos being
 * decoded is bounded by one large and as many ordinary ones as are asked for at once.
 */
export function createPhotoDecoder(maxMegapixels: number): (file: string) => Promise<Rgb8> {
  let lastLarge: Promise<unknown> = Promise.resolve();
  return async (file) => {
    if ((await checkedMegapixels(file, maxMegapixels)) <= LARGE) return decode(file);
    const photo = lastLarge.then(() => decode(file));
    lastLarge = photo.catch(() => undefined);
    return photo;
  };
}
