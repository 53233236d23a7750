/** @file The run file's keys as a flat list (`train.lr`, ...), read off the schema's JSON form. */
import { z } from 'zod';
import { paths } from './fields.js';
import { runSchema } from './schema.js';

/** The part of a JSON Schema node that our schema uses. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema | false;
}

/** One key of the run file. */
export interface ConfigKey {
  /** Dotted, e.g. `rsd.gan.weight`. */
  readonly key: string;
  readonly description: string;
  /** Value when the key is left out; undefined when it has none or is derived from other keys. */
  readonly default: unknown;
  /** Whether the value is a file or folder (or a list of them). */
  readonly isPath: boolean;
}

/** Lets `data.validation` be a plain path, which `load.ts` writes out as a section before the schema proper sees it. */
function withPlainValidation(schema: JsonSchema): JsonSchema {
  const { properties: sections = {} } = schema;
  const { properties: keys = {} } = sections['data']!;
  const { description, default: fallback, ...section } = keys['validation']!;
  const plain = (z.toJSONSchema(paths, { io: 'input' }) as JsonSchema).anyOf!;
  const both = { description, default: fallback, anyOf: [...plain, section] };
  const data = { ...sections['data'], properties: { ...keys, validation: both } };
  return { ...schema, properties: { ...sections, data } };
}

function valuesSchema(): JsonSchema {
  return withPlainValidation(z.toJSONSchema(runSchema, { io: 'input' }) as JsonSchema);
}

/** What a run file may have besides a run's values. */
const EXTENDS: JsonSchema = {
  type: 'string',
  format: 'path',
  description:
    'Run file whose values this one takes over where it has none of its own: beside it, or one of configs/ by name.',
};

/** JSON Schema (draft 2020-12) of a run file, for editors and for docs. */
export function runJsonSchema(): JsonSchema {
  const schema = valuesSchema();
  return { ...schema, title: 'Run file', properties: { extends: EXTENDS, ...schema.properties } };
}

function alternatives(node: JsonSchema): readonly JsonSchema[] {
  return node.anyOf ?? node.oneOf ?? [];
}

function holdsPath(node: JsonSchema): boolean {
  if (node.format === 'path') return true;
  return (node.items ? holdsPath(node.items) : false) || alternatives(node).some(holdsPath);
}

/** Properties of a section; those of all kinds where a section has several (`data.degradation`). */
function propertiesOf(node: JsonSchema): [string, JsonSchema][] {
  return [node, ...alternatives(node)].flatMap((part) => Object.entries(part.properties ?? {}));
}

function collect(node: JsonSchema, prefix: string, found: Map<string, ConfigKey>): void {
  for (const [name, child] of propertiesOf(node)) {
    const key = prefix + name;
    if (propertiesOf(child).length > 0) collect(child, `${key}.`, found);
    else if (!found.has(key)) {
      const { description = '', default: fallback } = child;
      found.set(key, { key, description, default: fallback, isPath: holdsPath(child) });
    }
  }
}

let known: readonly ConfigKey[] | undefined;

/** Every key that holds a value, in the schema's order. Sections themselves are not listed. */
export function configKeys(): readonly ConfigKey[] {
  if (!known) {
    const found = new Map<string, ConfigKey>();
    collect(valuesSchema(), '', found);
    known = [...found.values()];
  }
  return known;
}

/** Value at a dotted key of a nested object; undefined where there is none. */
export function valueAt(root: unknown, key: string): unknown {
  let value = root;
  for (const name of key.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
