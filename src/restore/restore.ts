/** @file Images in, images out: one call for programs that use this package as a library. */
import type { EngineOptions } from '../engine/engine.js';
import { imageHeader, type ImageInput } from './decode_image.js';
import { encodeImage } from './encode_image.js';
import { checkQuality, checkSize, type FileFormat } from './file_formats.js';
import { loadModel, type ModelFiles } from './load_model.js';
import type { RawImage } from './raw_image.js';
import { restoreImage, type ImageOptions } from './restore_image.js';
import { createRestorer, type Restorer, type RestorerOptions, type RestoreRun } from './restorer.js';

/** A restorer that exists already, or what makes one for this call alone. */
type RestoreWith =
  | { readonly restorer: Restorer }
  | (ModelFiles & Omit<RestorerOptions, 'model' | 'engine'> & { readonly engine?: EngineOptions });

/** Options of {@link restore}. */
export type RestoreOptions = RestoreWith & Omit<ImageOptions, 'asRelease'> & RestoreRun;

/** Encoding of {@link restore}'s result. */
export interface EncodedAs {
  readonly format: FileFormat;
  /** 1 to 100, for JPEG (95 by default), WebP (90) and AVIF (80). */
  readonly quality?: number;
}

/**
 * Restores one image.
 *
 * With `weights` a model is loaded for this call, which takes longer than a small image itself; for several images make
 * a {@link createRestorer} once and pass it as `restorer`.
 * @param image A file's path, a file's content, or decoded pixels.
 * @param options With `format`, the result is the content of such a file, with the metadata of the input; without, it is
 *   raw pixels, in the input's own colour space unless `strip` is set.
 * @throws UserError if image, model or options cannot be used.
 */
export async function restore(image: ImageInput, options: RestoreOptions & EncodedAs): Promise<Buffer>;
export async function restore(image: ImageInput, options: RestoreOptions & { format?: undefined }): Promise<RawImage>;
export async function restore(
  image: ImageInput,
  options: RestoreOptions & Partial<EncodedAs>,
): Promise<Buffer | RawImage> {
  const { format, quality } = options;
  if (format) checkQuality(quality, format);
  if ('restorer' in options) return restoreOne(options.restorer, image, options);
  const { engine = { kind: 'compiled' } } = options;
  const restorer = await createRestorer({ ...options, model: await loadModel(options), engine });
  try {
    return await restoreOne(restorer, image, options);
  } finally {
    restorer.dispose();
  }
}

async function restoreOne(
  restorer: Restorer,
  image: ImageInput,
  options: RestoreOptions & Partial<EncodedAs>,
): Promise<Buffer | RawImage> {
  const { format, quality } = options;
  if (format === undefined) return (await restoreImage(restorer, image, options, undefined, options)).image;
  const { width, height } = await imageHeader(image, { orient: true });
  checkSize(format, width * restorer.scale, height * restorer.scale);
  const restored = await restoreImage(restorer, image, options, format, options);
  return encodeImage(restored.image, { format, quality, metadata: restored.metadata });
}
