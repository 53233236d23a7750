/** @file Fetching ST-LPIPS: finished work stays, and what is missing is said. Nothing is downloaded here. */
import { copyFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { fetchPerceptual } from '../../src/setup/perceptual.js';

const SHIPPED = resolve(import.meta.dirname, '../../models/st-lpips-alex.safetensors');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-fetch-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it('keeps weights that are there', async () => {
  const file = join(folder, 'st-lpips-alex.safetensors');
  await copyFile(SHIPPED, file);
  const { mtimeMs } = await stat(file);
  const lines: string[] = [];
  expect(await fetchPerceptual(folder, (line) => lines.push(line))).toBe(file);
  expect((await stat(file)).mtimeMs).toBe(mtimeMs);
  expect(lines).toEqual([expect.stringContaining('there already')]);
});

it('does not take damaged weights for done, and says that Python is missing', async () => {
  await writeFile(join(folder, 'st-lpips-alex.safetensors'), 'cut off');
  vi.stubEnv('PATH', folder);
  vi.stubEnv('PYTHON', '');
  const failure = await fetchPerceptual(folder, () => undefined).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as UserError).message).toContain('Python');
  expect(await readdir(folder)).toEqual(['st-lpips-alex.safetensors']);
});

it('does not use a package that is no wheel', async () => {
  const wheel = 'stlpips-pytorch-0.0.2-a412bf901a97c942.whl';
  await writeFile(join(folder, wheel), 'PK');
  await expect(fetchPerceptual(folder, () => undefined)).rejects.toBeInstanceOf(UserError);
});
