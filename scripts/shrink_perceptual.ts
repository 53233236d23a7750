/**
 * @file Makes `models/st-lpips-alex.safetensors`, the published ST-LPIPS weights rounded to half precision, with its
 * licence: `npx tsx scripts/shrink_perceptual.ts [folder with or for the download]`.
 */
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readPerceptual } from '../src/models/perceptual_files.js';
import { fetchPerceptual, LICENCE_NAME, ST_LPIPS_ORIGIN } from '../src/setup/perceptual.js';
import { writeSafetensors } from '../src/weights/safetensors.js';

const downloads = resolve(process.argv[2] ?? '.cache/perceptual');
const models = resolve(import.meta.dirname, '../models');

const published = await fetchPerceptual(downloads, console.log);
const target = join(models, 'st-lpips-alex.safetensors');
const precision = 'the published weights rounded to half precision (float16, ties to even)';
await writeSafetensors(
  target,
  await readPerceptual('st-lpips-alex', published),
  { ...ST_LPIPS_ORIGIN, precision },
  { dtype: 'F16' },
);
await copyFile(join(downloads, LICENCE_NAME), join(models, LICENCE_NAME));
console.log(`wrote ${target}`);
