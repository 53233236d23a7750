/** @file The text of a run file: YAML with line numbers, and values set over it from the command line. */
import { readFile } from 'node:fs/promises';
import { LineCounter, isNode, parse, parseDocument } from 'yaml';
import { UserError } from '../errors.js';

/** Name that errors give to the origin of an overriding value. */
const OVERRIDE_ORIGIN = '--set';

/** A run file's values before validation. */
export interface RunDocument {
  readonly file: string;
  readonly values: Record<string, unknown>;
  /** Where a key's value was written: the file with its line, or the command line. */
  origin(path: readonly PropertyKey[]): { file: string; line?: number };
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

function setValue(values: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let section = values;
  path.slice(0, -1).forEach((name, depth) => {
    const child = section[name] ?? {};
    if (!isMapping(child)) {
      const key = path.slice(0, depth + 1).join('.');
      throw new UserError('is a value, not a section', { file: OVERRIDE_ORIGIN, key, found: path.join('.') });
    }
    section[name] = child;
    section = child;
  });
  section[path.at(-1)!] = value;
}

/**
 * Reads a run file and sets values over it.
 * @param file YAML file; a mapping at its top
 * @param overrides `key=value` each, the value as YAML; later ones win
 * @throws UserError if the file is missing, not YAML (with the line), or an override is malformed
 */
export async function readRunDocument(file: string, overrides: readonly string[]): Promise<RunDocument> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError('cannot read the run file', { file, found: String(error) }, { cause: error });
  });
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const problem = document.errors[0];
  if (problem) {
    const [message] = problem.message.split('\n');
    throw new UserError(`not valid YAML: ${message!.replace(/:$/, '')}`, { file }, { cause: problem });
  }
  const values: unknown = document.toJS() ?? {};
  if (!isMapping(values)) throw new UserError('not a run file', { file, expected: 'a mapping of keys to values' });
  const set = overrides.map(parseOverride);
  for (const { path, value } of set) setValue(values, path, value);

  return {
    file,
    values,
    origin(path) {
      if (set.some((o) => o.path.every((name, i) => name === path[i]))) return { file: OVERRIDE_ORIGIN };
      const node = document.getIn(path, true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      return offset === undefined ? { file } : { file, line: lineCounter.linePos(offset).line };
    },
  };
}
