/**
 * @file Images in, images out: EXIF, XMP, IPTC and colour profile on their way from the input to the result.
 *
 * The image library hands metadata on from its input only; there is no way to attach them to pixels of one's own. So
 * they travel with a black image of one pixel, which is enlarged to the result's size when that is encoded, and into
 * which the result is put by a bitwise "or": exact, and without a copy of the picture.
 */
import sharp, { type Metadata, type Sharp } from 'sharp';
import { hasAlpha, isDeep, isGrey, type RawImage } from './raw_image.js';

/** A PNG file of one black pixel that has the metadata. */
export type MetadataFrame = Buffer;

/** The library's name of a space that pixels like those of `image` are in. */
export function colourSpaceOf(image: Pick<RawImage, 'channels' | 'data'>): 'b-w' | 'srgb' | 'grey16' | 'rgb16' {
  if (isDeep(image)) return isGrey(image) ? 'grey16' : 'rgb16';
  return isGrey(image) ? 'b-w' : 'srgb';
}

/**
 * The metadata of a file, without its orientation tag: results are upright.
 * @param image Its pixels as they were decoded.
 * @returns `undefined` if it has none.
 */
export async function blackFrame(
  input: string | Uint8Array,
  { exif, icc, xmp, iptc }: Metadata,
  image: RawImage,
): Promise<MetadataFrame | undefined> {
  if (!exif && !icc && !xmp && !iptc) return undefined;
  return sharp(input, { ignoreIcc: true })
    .autoOrient()
    .resize(1, 1, { fit: 'fill' })
    .removeAlpha()
    .linear(0, 0)
    .toColourspace(colourSpaceOf(image))
    .keepMetadata()
    .png()
    .toBuffer();
}

/** The pixels of `image` with the metadata, ready to be encoded. */
export async function framed(frame: MetadataFrame, image: RawImage): Promise<Sharp> {
  const { width, height, channels, data } = image;
  const space = colourSpaceOf(image);
  let black = sharp(frame, { ignoreIcc: true }).toColourspace(space).keepMetadata();
  if (hasAlpha(image)) black = black.ensureAlpha(0);
  // The library takes the limit for this image too, its types do not know.
  const operand = { raw: { width, height, channels }, limitInputPixels: false };
  return sharp(await black.png().toBuffer(), { ignoreIcc: true, limitInputPixels: false })
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .boolean(data as Buffer, 'or', operand)
    .toColourspace(space)
    .keepMetadata();
}
