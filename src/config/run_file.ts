/** @file Finding and reading run files: ours, official ones, and files that extend another. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors/user_error.js';
import { readYamlFile, withLayer, type RunDocument, type YamlFile } from './document.js';
import { show } from './issues.js';
import { isOfficial } from './official/detect.js';
import { translate, type KeyFate, type Scope } from './official/translate.js';
import { basesOf } from './paths.js';

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SHIPPED = join(PACKAGE_ROOT, 'configs');

/** The key that names the file a run file extends. */
const EXTENDS = 'extends';

/** A run file as it is written, with what it extends. */
export interface ReadRun {
  readonly file: string;
  readonly document: RunDocument;
  /** What became of each key, if the file is an official one. */
  readonly official?: readonly KeyFate[];
  /** Folders in which its relative paths are looked up after the working directory. */
  readonly bases: readonly string[];
}

/** @throws UserError unless there is such a file, or one of this name among the package's. */
function findRunFile(name: string): string {
  const found = [name, join(SHIPPED, name), join(SHIPPED, `${name}.yaml`)].find(existsSync);
  if (found !== undefined) return found;
  throw new UserError('no such run file', {
    file: name,
    remedy: 'Give a path, or the name of a run file of the folder configs/ of this package.',
  });
}

const isShipped = (file: string): boolean => resolve(file).startsWith(SHIPPED + sep);

/** `data.validation: folder` is short for `data.validation: { hr: folder }`. */
export function expandValidation(values: Record<string, unknown>): void {
  const data = values['data'] as Record<string, unknown> | null | undefined;
  const validation = data?.['validation'];
  if (typeof validation === 'string' || Array.isArray(validation)) data!['validation'] = { hr: validation };
}

/** The file that a run file extends, beside it or by the name of one of the package's. */
function extendedFile({ file, values, origin }: YamlFile, chain: readonly string[]): string | undefined {
  const { [EXTENDS]: name } = values;
  if (name === undefined) return undefined;
  const at = { file, key: EXTENDS, found: show(name) };
  const { line } = origin([EXTENDS]);
  if (typeof name !== 'string') throw new UserError(`not allowed (line ${line})`, { ...at, expected: 'a run file' });
  const beside = join(dirname(file), name);
  const base = existsSync(beside) ? beside : findRunFile(name);
  if (chain.includes(resolve(base))) throw new UserError('run files that extend each other in a circle', at);
  return base;
}

/**
 * Reads a run file; what it does not say has the value of the file it `extends`, if it does.
 * @param pathOrName A path, or the name of a file of `configs/`, with or without `.yaml`.
 * @param chain Files that are being read, which this one must not extend.
 */
export async function readRunFile(pathOrName: string, scope: Scope, chain: readonly string[] = []): Promise<ReadRun> {
  const file = findRunFile(pathOrName);
  const plain = await readYamlFile(file);
  const home = isShipped(file) ? { packageRoot: PACKAGE_ROOT } : undefined;
  if (isOfficial(plain.values)) {
    const { document, fates } = translate(await readYamlFile(file, '1.1'), scope);
    return { file, document, official: fates, bases: basesOf(file, home ?? 'above') };
  }
  expandValidation(plain.values);
  const bases = basesOf(file, home);
  const extended = extendedFile(plain, [...chain, resolve(file)]);
  if (extended === undefined) return { file, document: plain, bases };
  const base = await readRunFile(extended, scope, [...chain, resolve(file)]);
  const { [EXTENDS]: _, ...values } = plain.values;
  const document = withLayer(base.document, { ...plain, values });
  return { file, document, bases: [...new Set([...bases, ...base.bases])] };
}
