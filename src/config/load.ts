/** @file From a run file's name to a run, every value known and checked. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { UserError } from '../errors.js';
import { checkParsed, checkRun } from './check.js';
import { readRunDocument } from './document.js';
import { describeIssue } from './issues.js';
import { basesOf, locatePaths } from './paths.js';
import { resolveRun } from './resolve.js';
import { runSchema, type RunConfig } from './schema.js';

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SHIPPED = join(PACKAGE_ROOT, 'configs');

/** A run file that was read. */
export interface LoadedRun {
  readonly config: RunConfig;
  /** The file it came from. */
  readonly file: string;
}

function findRunFile(name: string): { file: string; shipped: boolean } {
  if (existsSync(name)) return { file: name, shipped: false };
  const shipped = [name, `${name}.yaml`].map((candidate) => join(SHIPPED, candidate)).find(existsSync);
  if (shipped) return { file: shipped, shipped: true };
  throw new UserError('no such run file', {
    file: name,
    remedy: 'Give a path, or the name of a run file of the folder configs/ of this package.',
  });
}

/** `data.validation: folder` is short for `data.validation: { hr: folder }`. */
function expandValidation(values: Record<string, unknown>): void {
  const data = values['data'] as Record<string, unknown> | null | undefined;
  const validation = data?.['validation'];
  if (typeof validation === 'string' || Array.isArray(validation)) data!['validation'] = { hr: validation };
}

/**
 * Reads, validates and resolves a run file.
 *
 * Relative paths in it are looked up in the working directory, then beside the run file, then (for run files that come
 * with this package) in the package's folder.
 * @param pathOrName a YAML file, or the name of one of `configs/` (with or without `.yaml`)
 * @param overrides values set over the file's, `train.iterations=10` each; the part after `=` is YAML
 * @throws UserError naming file, key, what was expected and what was found
 */
export async function loadRunConfig(pathOrName: string, overrides: readonly string[] = []): Promise<LoadedRun> {
  const { file, shipped } = findRunFile(pathOrName);
  const document = await readRunDocument(file, overrides);
  expandValidation(document.values);
  const result = runSchema.safeParse(document.values, { reportInput: true });
  if (!result.success) throw describeIssue(result.error.issues, document);
  checkParsed(result.data, file);
  const config = locatePaths(resolveRun(result.data), basesOf(file, PACKAGE_ROOT, shipped));
  checkRun(config, file);
  return { config, file };
}

/** The run as a run file: reading it again gives the same run, whatever the defaults are then. */
export function resolvedYaml(config: RunConfig): string {
  return stringify(config, { lineWidth: 120 });
}
