/** @file Held-out images for validation: the same pairs for every run, whatever its seed. */
import { basename, extname } from 'node:path';
import type { DataConfig } from '../config/schema.js';
import { UserError } from '../errors/user_error.js';
import { fromRgb8, type Pixels, type Rgb8 } from '../images/pixels.js';
import { centreCrop } from './crop.js';
import { decodePhoto } from './decode.js';
import { listPhotos } from './photo_source.js';
import { openValidationDegradation, type ValidationDegradation } from './validation_degradation.js';

/** One held-out image, values in [-1, 1]. */
export interface ValidationImage {
  /** File name without folder and ending. */
  readonly name: string;
  /** [h * scale, w * scale, 3]; absent if the run has LQ images alone. */
  readonly hr?: Pixels;
  /** [h, w, 3]. */
  readonly lq: Pixels;
}

/** A held-out image with its original. */
export type ValidationPair = ValidationImage & { readonly hr: Pixels };

/** Whether an image has its original. */
export function hasOriginal(image: ValidationImage): image is ValidationPair {
  return image.hr !== undefined;
}

function toSigned({ height, width, data }: Pixels): Pixels {
  return { height, width, data: data.map((v) => v * 2 - 1) };
}

function stem(file: string): string {
  return basename(file, extname(file));
}

async function decodeForValidation(file: string, { maxMegapixels }: DataConfig): Promise<Rgb8> {
  try {
    return await decodePhoto(file, maxMegapixels);
  } catch (error) {
    throw new UserError('cannot be decoded as an image', { file, found: (error as Error).message }, { cause: error });
  }
}

async function degradedPair(
  file: string,
  index: number,
  config: DataConfig,
  { degrade }: ValidationDegradation,
): Promise<ValidationImage> {
  const crop = centreCrop(await decodeForValidation(file, config), config);
  const { hr, lq } = await degrade(crop, index);
  return { name: stem(file), hr: toSigned(hr), lq: toSigned(lq) };
}

async function storedPair(file: string, lqFile: string, config: DataConfig): Promise<ValidationImage> {
  const { scale } = config;
  const [hr, lq] = [await decodeForValidation(file, config), await decodeForValidation(lqFile, config)];
  if (hr.height !== lq.height * scale || hr.width !== lq.width * scale) {
    throw new UserError('HR and LQ image do not match', {
      file,
      key: 'data.validation.lq',
      expected: `${lq.width * scale}x${lq.height * scale}, ${scale} times ${lqFile}`,
      found: `${hr.width}x${hr.height}`,
    });
  }
  return { name: stem(file), hr: toSigned(fromRgb8(hr)), lq: toSigned(fromRgb8(lq)) };
}

async function lqFilesByStem(folder: string): Promise<Map<string, string>> {
  return new Map((await listPhotos(folder, 'data.validation.lq')).map((file) => [stem(file), file]));
}

/**
 * Reads the held-out images: centre crops of `gtSize` that are degraded here, stored pairs as they are, or LQ images alone.
 * @param config section `data`
 * @returns images in sorted order of the HR files (or LQ files); empty if there are neither
 * @throws UserError if an image cannot be read, has no LQ partner or one of the wrong size
 */
export async function loadValidationSet(config: DataConfig): Promise<ValidationImage[]> {
  const { hr, lq, count } = config.validation;
  if (hr === null) return lq === null ? [] : storedAlone(lq, config);
  const files = (await listPhotos(hr, 'data.validation.hr')).slice(0, count ?? undefined);
  return lq === null ? degradedPairs(files, config) : storedPairs(files, lq, config);
}

async function degradedPairs(files: readonly string[], config: DataConfig): Promise<ValidationImage[]> {
  const degradation = await openValidationDegradation(config);
  try {
    const pairs: ValidationImage[] = [];
    for (const [i, file] of files.entries()) pairs.push(await degradedPair(file, i, config, degradation));
    return pairs;
  } finally {
    degradation.close();
  }
}

async function storedAlone(lq: string, config: DataConfig): Promise<ValidationImage[]> {
  const files = (await listPhotos(lq, 'data.validation.lq')).slice(0, config.validation.count ?? undefined);
  const images: ValidationImage[] = [];
  for (const file of files) {
    images.push({ name: stem(file), lq: toSigned(fromRgb8(await decodeForValidation(file, config))) });
  }
  return images;
}

async function storedPairs(files: readonly string[], lq: string, config: DataConfig): Promise<ValidationImage[]> {
  const lqFiles = await lqFilesByStem(lq);
  const pairs: ValidationImage[] = [];
  for (const file of files) {
    const lqFile = lqFiles.get(stem(file));
    if (!lqFile)
      throw new UserError('has no LQ image of the same name', { file, key: 'data.validation.lq', found: lq });
    pairs.push(await storedPair(file, lqFile, config));
  }
  return pairs;
}
