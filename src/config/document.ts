/** @file The text of a run file: YAML with line numbers, and values set over it from the command line. */
import { readFile } from 'node:fs/promises';
import { LineCounter, isNode, isScalar, parse, parseDocument, visit } from 'yaml';
import { UserError } from '../errors/user_error.js';
import { valueAt } from './keys.js';

/** Name that errors give to the origin of an overriding value. */
const OVERRIDE_ORIGIN = '--set';

/** Where a value was written. */
export interface Origin {
  readonly file: string;
  readonly line?: number;
  /** Its key there, if that is not ours: an official file's. */
  readonly writtenAs?: string;
}

/** A run file's values before validation. */
export interface RunDocument {
  readonly file: string;
  readonly values: Record<string, unknown>;
  /** Where a key's value was written: the file with its line, or the command line. */
  origin(path: readonly PropertyKey[]): Origin;
}

/** Texts that stand for something else in OmegaConf files, the official ones' format. */
const PLACEHOLDER = /\$\{|^\?\?\?$/;

/** A text of a YAML file and its place. */
export interface Placeholder {
  readonly text: string;
  readonly line: number | undefined;
}

/** A YAML file: a mapping, and the lines of its keys. */
export interface YamlFile extends RunDocument {
  /** OmegaConf's interpolations (`${...}`) and missing values (`???`); to us they are plain text. */
  readonly placeholders: readonly Placeholder[];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Splits `a.b=value`; the value is YAML. */
function parseOverride(override: string): { path: string[]; value: unknown } {
  const at = override.indexOf('=');
  if (at < 1) {
    throw new UserError('cannot set a value', {
      file: OVERRIDE_ORIGIN,
      expected: 'key=value, e.g. train.iterations=10',
      found: override,
    });
  }
  const key = override.slice(0, at).trim();
  try {
    return { path: key.split('.'), value: parse(override.slice(at + 1)) as unknown };
  } catch (error) {
    const found = `${override.slice(at + 1)} (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
    throw new UserError('the value is not YAML', { file: OVERRIDE_ORIGIN, key, found }, { cause: error });
  }
}

/**
 * Sets the value at a path of nested sections, which are made where they are missing.
 * @returns the section that is a value and therefore in the way; undefined if there was none
 */
export function setValue(
  values: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): readonly string[] | undefined {
  let section = values;
  for (const [depth, name] of path.slice(0, -1).entries()) {
    const child = section[name] ?? {};
    if (!isMapping(child)) return path.slice(0, depth + 1);
    section[name] = child;
    section = child;
  }
  section[path.at(-1)!] = value;
  return undefined;
}

function notYaml(file: string, problem: Error): UserError {
  const [message] = problem.message.split('\n');
  return new UserError(`not valid YAML: ${message!.replace(/:$/, '')}`, { file }, { cause: problem });
}

/**
 * Reads a YAML file.
 * @param file a mapping at its top; empty counts as one
 * @param version YAML 1.1 for official files (`yes` is true), as the programs read them that they were written for
 * @throws UserError if the file is missing or not YAML (with the line); keys given twice and tags that only Python knows
 *   are not YAML
 */
export async function readYamlFile(file: string, version: '1.1' | '1.2' = '1.2'): Promise<YamlFile> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError('cannot read the run file', { file, found: String(error) }, { cause: error });
  });
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, version, stringKeys: true });
  // Tags without a meaning here (Python objects) are only warned of: what they stand for would be lost.
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw notYaml(file, problem);
  let values: unknown;
  try {
    values = document.toJS() ?? {};
  } catch (error) {
    // Aliases without an anchor, or more of them than any run file needs.
    throw notYaml(file, error as Error);
  }
  if (!isMapping(values)) throw new UserError('not a run file', { file, expected: 'a mapping of keys to values' });
  const lineOf = (node: unknown): number | undefined => {
    const offset = isNode(node) ? node.range?.[0] : undefined;
    return offset === undefined ? undefined : lineCounter.linePos(offset).line;
  };
  const placeholders: Placeholder[] = [];
  visit(document, {
    Scalar(_, node) {
      if (isScalar<string>(node) && typeof node.value === 'string' && PLACEHOLDER.test(node.value))
        placeholders.push({ text: node.value, line: lineOf(node) });
    },
  });
  return { file, values, placeholders, origin: (path) => ({ file, line: lineOf(document.getIn(path, true)) }) };
}

/** Two ways of giving one thing: setting one takes back the other, which the file may have. */
const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  'rsd.timesteps': ['rsd', 'timestepCount'],
  'rsd.timestepCount': ['rsd', 'timesteps'],
};

function removeAlternative(values: Record<string, unknown>, path: readonly string[]): void {
  const [section, name] = ALTERNATIVES[path.join('.')] ?? [];
  const holder = section === undefined ? undefined : values[section];
  if (isMapping(holder)) delete holder[name!];
}

/** A section of several kinds, which is another section when its kind is another. */
const SECTION_OF_KINDS = 'data.degradation';
const KIND = `${SECTION_OF_KINDS}.kind`;

/** Removes {@link SECTION_OF_KINDS} if it is to be of another kind: its values belong to the kind it had. */
function removeOtherKind(values: Record<string, unknown>, kind: unknown): void {
  const section = valueAt(values, SECTION_OF_KINDS);
  if (kind === undefined || !isMapping(section) || section['kind'] === kind) return;
  for (const name of Object.keys(section)) delete section[name];
}

/** Paths of a document's values; sections that hold others are not among them. */
function valuePaths(section: Record<string, unknown>, prefix: readonly string[] = []): string[][] {
  return Object.entries(section).flatMap(([name, value]) => {
    const path = [...prefix, name];
    return isMapping(value) ? valuePaths(value, path) : [path];
  });
}

/**
 * A document over another: sections are joined key by key, values and lists replace.
 * @throws UserError where the one has a value and the other a section.
 */
export function withLayer(base: RunDocument, own: RunDocument): RunDocument {
  const values = structuredClone(base.values);
  removeOtherKind(values, valueAt(own.values, KIND));
  for (const path of valuePaths(own.values)) {
    removeAlternative(values, path);
    const inTheWay = setValue(values, path, valueAt(own.values, path.join('.')));
    if (inTheWay) {
      const key = inTheWay.join('.');
      throw new UserError(`is a value in ${base.file}, not a section`, { file: own.file, key, found: path.join('.') });
    }
  }
  const isOwn = (path: readonly PropertyKey[]): boolean =>
    valueAt(own.values, path.map(String).join('.')) !== undefined;
  return { file: own.file, values, origin: (path) => (isOwn(path) ? own.origin(path) : base.origin(path)) };
}

/**
 * Sets values over those of a document, which is changed.
 * @param overrides `key=value` each, the value as YAML; later ones win
 * @throws UserError if an override is malformed
 */
export function withOverrides(document: RunDocument, overrides: readonly string[]): RunDocument {
  const set = overrides.map(parseOverride);
  const before = structuredClone(document.values);
  for (const { path } of set) removeAlternative(document.values, path);
  removeOtherKind(document.values, set.findLast(({ path }) => path.join('.') === KIND)?.value);
  for (const { path, value } of set) {
    const inTheWay = setValue(document.values, path, value);
    if (inTheWay) {
      const key = inTheWay.join('.');
      throw new UserError('is a value, not a section', { file: OVERRIDE_ORIGIN, key, found: path.join('.') });
    }
  }
  // A section that the document does not have is the override's, too.
  const isSet = (path: readonly PropertyKey[]): boolean => {
    const isNew = valueAt(before, path.map(String).join('.')) === undefined;
    return set.some(({ path: own }) =>
      (isNew && own.length > path.length ? path : own).every((_, i) => own[i] === path[i]),
    );
  };
  return { ...document, origin: (path) => (isSet(path) ? { file: OVERRIDE_ORIGIN } : document.origin(path)) };
}
