/** @file Photo files for tests: made-up pictures written with sharp. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

/** Smooth 8-bit RGB picture with some detail; different for each `variant`. */
export function photoPixels(height: number, width: number, variant = 0): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const row = Math.floor(i / (width * 3));
    const column = Math.floor(i / 3) % width;
    return 127.5 + 120 * Math.sin(0.31 * row + 0.17 * column * (1 + (i % 3)) + variant);
  });
}

/** Writes {@link photoPixels} in the format of the file's ending; its folder is made. */
export async function writePhoto(file: string, height: number, width: number, variant = 0): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await sharp(photoPixels(height, width, variant), { raw: { height, width, channels: 3 } }).toFile(file);
  return file;
}

/** A folder for the tests of one file, removed after them. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'photos-'));
  afterAll(() => rm(folder, { recursive: true }));
  return folder;
}
