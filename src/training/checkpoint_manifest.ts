/** @file The manifest that makes a folder a checkpoint: which files belong to it, their checksums, and the counts. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../errors/user_error.js';

export const MANIFEST_NAME = 'manifest.json';
const FORMAT = 'rsd-checkpoint';
const VERSION = 1;

/** What wrote a checkpoint. */
export interface Provenance {
  readonly packageVersion: string;
  /** SHA-256 of the run's resolved `config.yaml`. */
  readonly configHash: string;
}

/** One file of a checkpoint. */
export interface ManifestFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The content of `manifest.json`, apart from its format, version and own checksum. */
export interface Manifest {
  readonly iteration: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Validation score of this state, lower is better; null if it was not validated. */
  readonly score: number | null;
  readonly provenance: Provenance;
  /** Files by the name of the group they hold. */
  readonly files: Readonly<Record<string, ManifestFile>>;
}

/** SHA-256 of a file in hexadecimal, read as a stream. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function sha256OfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Size and checksum of a file of the checkpoint. */
export async function describeFile(folder: string, name: string): Promise<ManifestFile> {
  const file = path.join(folder, name);
  return { name, bytes: (await stat(file)).size, sha256: await sha256OfFile(file) };
}

/**
 * Writes `manifest.json`. The caller writes it after all other files and renames the folder afterwards, so no temporary
 * name is needed here.
 *
 * @throws Error if a count is not finite: JSON cannot hold it.
 */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  for (const [name, count] of Object.entries(manifest.counters)) {
    if (!Number.isFinite(count)) throw new Error(`counter ${name} is ${count}`);
  }
  const body = { format: FORMAT, version: VERSION, ...manifest };
  const content = { ...body, sha256: sha256OfText(JSON.stringify(body)) };
  await writeFile(path.join(folder, MANIFEST_NAME), `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * Reads `manifest.json` and checks its own checksum.
 *
 * @throws UserError if it is missing, damaged, or of a later version of the format.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = path.join(folder, MANIFEST_NAME);
  let content: Manifest & { format?: unknown; version?: unknown; sha256?: unknown };
  try {
    content = JSON.parse(await readFile(file, 'utf8')) as typeof content;
  } catch (error) {
    throw new UserError('the manifest cannot be read', { file, found: (error as Error).message }, { cause: error });
  }
  const { sha256, ...body } = content;
  if (sha256 !== sha256OfText(JSON.stringify(body))) throw new UserError('the manifest is damaged', { file });
  if (body.format !== FORMAT || body.version !== VERSION) {
    throw new UserError('the checkpoint is of another format', {
      file,
      expected: `${FORMAT} version ${VERSION}`,
      found: `${String(body.format)} version ${String(body.version)}`,
    });
  }
  return body;
}

/**
 * Checks that every file of the manifest is there, of the right size and content.
 *
 * @throws UserError naming the first file that is not.
 */
export async function verifyFiles(folder: string, manifest: Manifest): Promise<void> {
  for (const expected of Object.values(manifest.files)) {
    const file = path.join(folder, expected.name);
    const found = await describeFile(folder, expected.name).catch((error: unknown) => {
      throw new UserError(
        'a file of the checkpoint cannot be read',
        { file, found: (error as Error).message },
        { cause: error },
      );
    });
    if (found.bytes !== expected.bytes) {
      const sizes = { expected: `${expected.bytes} bytes`, found: `${found.bytes} bytes` };
      throw new UserError('a file of the checkpoint is cut short or too long', { file, ...sizes });
    }
    if (found.sha256 !== expected.sha256) {
      const sums = { expected: `SHA-256 ${expected.sha256}`, found: found.sha256 };
      throw new UserError('a file of the checkpoint is damaged', { file, ...sums });
    }
  }
}
