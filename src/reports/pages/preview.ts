/** @file Report pages: image files as data URIs of bounded size. */
import sharp from 'sharp';
import type { Box } from '../../images/picture.js';

/** Of WebP: small, and what is wrong with a restoration is still seen. */
const QUALITY = 82;

function uriOf(webp: Buffer): string {
  return `data:image/webp;base64,${webp.toString('base64')}`;
}

/** A whole image, reduced or enlarged (cubic) to a size. */
export async function previewUri(file: string, width: number, height: number): Promise<string> {
  const image = sharp(file).autoOrient().toColourspace('srgb');
  return uriOf(
    await image.resize(width, height, { fit: 'fill', kernel: 'cubic' }).webp({ quality: QUALITY }).toBuffer(),
  );
}

/**
 * A part of an image, without loss; enlarged (cubic) to the size that it has in the original.
 * @param box In pixels of the original.
 * @param scale Side of the original / side of this image; it must divide the box.
 */
export async function cropUri(file: string, { top, left, width, height }: Box, scale: number): Promise<string> {
  const own = { top: top / scale, left: left / scale, width: width / scale, height: height / scale };
  // Extracting follows the turning only if it is done on a turned image.
  const upright = await sharp(file)
    .autoOrient()
    .toColourspace('srgb')
    .removeAlpha()
    .png({ compressionLevel: 1 })
    .toBuffer();
  const part = sharp(upright).extract(own).resize(width, height, { fit: 'fill', kernel: 'cubic' });
  return uriOf(await part.webp({ lossless: true }).toBuffer());
}
