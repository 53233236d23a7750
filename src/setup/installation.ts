/** @file The installed native side inside the tfjs-node package: is it whole, and how a new one takes its place. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** TensorFlow.js looks for the binding here, relative to the package. */
export const BINDING = join('lib', 'napi-v8', 'tfjs_binding.node');
export const LIBRARY = join('deps', 'lib', 'libtensorflow.so');

const STAMP = 'rsd-setup.json';
const STAGING = '.rsd-setup-';
/** The parts that change together. */
const PARTS = ['deps', 'lib'] as const;

const stampSchema = z.strictObject({
  /** The same in both parts of one installation. */
  id: z.string(),
  variant: z.enum(['cpu', 'cuda', 'stock']),
  /** Of TensorFlow. */
  version: z.string(),
});

/** What is installed. */
export type Stamp = z.infer<typeof stampSchema>;

function readStamp(folder: string): Stamp | undefined {
  try {
    return stampSchema.parse(JSON.parse(readFileSync(join(folder, STAMP), 'utf8')));
  } catch {
    return undefined;
  }
}

/** What is installed in `packageDir`, or `undefined` when anything is missing or a set-up was interrupted. */
export function installedStamp(packageDir: string): Stamp | undefined {
  const [library, binding] = PARTS.map((part) => readStamp(join(packageDir, part)));
  const whole = [LIBRARY, BINDING].every((file) => existsSync(join(packageDir, file)));
  return whole && library !== undefined && library.id === binding?.id ? library : undefined;
}

/** Marks the parts in `folder` as one complete installation. */
export async function writeStamps(folder: string, stamp: Omit<Stamp, 'id'>): Promise<void> {
  const id = `${stamp.version}-${stamp.variant}-${Date.now()}-${process.pid}`;
  for (const part of PARTS) await writeFile(join(folder, part, STAMP), `${JSON.stringify({ id, ...stamp })}\n`);
}

/** An empty folder beside the parts, in which a new installation is made ready. */
export async function createStaging(packageDir: string): Promise<string> {
  return mkdtemp(join(packageDir, STAGING));
}

/** Removes what killed set-ups left behind. Only for the holder of the package's lock. */
export async function clearStaging(packageDir: string): Promise<void> {
  const names = (await readdir(packageDir)).filter((name) => name.startsWith(STAGING));
  await Promise.all(names.map((name) => rm(join(packageDir, name), { recursive: true, force: true })));
}

/** Moves the parts that are there from one folder to another. */
export async function moveParts(from: string, to: string): Promise<void> {
  for (const part of PARTS) {
    if (existsSync(join(from, part))) await rename(join(from, part), join(to, part));
  }
}

/**
 * Puts the finished parts of `staging` in place of the installed ones, which it leaves in `staging`.
 *
 * Only renames: a process that is killed in between leaves two parts with different ids, which is not whole, and the next
 * set-up starts over. Programs that have the old library open keep it.
 */
export async function activate(staging: string, packageDir: string): Promise<void> {
  const discarded = await mkdtemp(join(staging, 'old-'));
  await moveParts(packageDir, discarded);
  await moveParts(staging, packageDir);
}
