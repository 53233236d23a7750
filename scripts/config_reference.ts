/**
 * @file Writes docs/config.md, the table of every key of a run file, from the schema in src/config:
 * `npx tsx scripts/config_reference.ts`.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { runJsonSchema, type JsonSchema } from '../src/config/keys.js';

const TARGET = fileURLToPath(new URL('../docs/config.md', import.meta.url));

/** What a JSON Schema node says about the values it allows. */
interface Node extends JsonSchema {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly items?: Node | false;
  readonly prefixItems?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly const?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

const INTRODUCTION = `# Keys of a run file

This page lists every key that \`rsd-train --config\` understands, with its default.

It is made from the schema in \`src/config\` by \`npx tsx scripts/config_reference.ts\`; edit the schema, not this page.

- A run file is YAML. Every key has a default or is derived from others, so a run file holds only what differs. The defaults
  are the paper's RSD at official size.
- \`extends: other.yaml\` takes over the values of another run file, beside it or of \`configs/\`, official ones too: sections are
  joined key by key, values and lists replace.
- An unknown key, a value of the wrong kind and a combination that cannot work are errors that name file, line and key,
  before anything is built.
- \`--set key=value\` overrides one key; the value is YAML and the option may be repeated:
  \`--set train.batch=16 --set rsd.timesteps=[14]\`.
- \`--config\` takes a path or the bare name of a file in \`configs/\`, with or without \`.yaml\`; or an official YAML file
  ([official-configs.md](official-configs.md)). \`rsd-train --print-config\` prints the resolved run.
- Relative paths are looked up in the working directory, then beside the run file, then, for a run file of \`configs/\`, in
  this package's folder.
- [config.schema.json](config.schema.json) is the same for editors: begin a run file with
  \`# yaml-language-server: $schema=../docs/config.schema.json\`.
- What has to fit what (crops, windows, widths) is in [networks.md](networks.md#sizes-that-fit). Which keys may change when a run
  is resumed is in [training.md](training.md#resume).
`;

const TYPE_NAMES: Readonly<Record<string, string>> = { integer: 'whole number', boolean: '`true`, `false`' };

function range(node: Node): string {
  const above = node.exclusiveMinimum !== undefined ? `> ${node.exclusiveMinimum}` : undefined;
  const atLeast = node.minimum !== undefined ? `>= ${node.minimum}` : undefined;
  const below = node.exclusiveMaximum !== undefined ? `< ${node.exclusiveMaximum}` : undefined;
  // The schema's own bound of integers, which says nothing.
  const atMost =
    node.maximum !== undefined && node.maximum !== Number.MAX_SAFE_INTEGER ? `<= ${node.maximum}` : undefined;
  return [above ?? atLeast, below ?? atMost].filter(Boolean).join(', ');
}

/** The values a key may have, in words. */
function allowed(node: Node): string {
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.const !== undefined) return `\`${node.const}\``;
  const options = node.anyOf ?? node.oneOf;
  if (options) return options.map(allowed).join(' or ');
  if (node.prefixItems) return `[${node.prefixItems.map(allowed).join('; ')}]`;
  if (node.format === 'path') return 'path';
  if (node.items) return `list of: ${allowed(node.items)}`;
  return [TYPE_NAMES[node.type ?? ''] ?? node.type, range(node)].filter(Boolean).join(' ');
}

function defaultOf({ default: value }: Node): string {
  return value === undefined ? 'left out' : `\`${JSON.stringify(value).replaceAll(',', ', ')}\``;
}

interface Row {
  readonly key: string;
  readonly default: string;
  readonly allowed: string;
  readonly meaning: string;
}

/** Properties that hold a value rather than a section. */
function rowsOf(section: Node, prefix: string): Row[] {
  return Object.entries(section.properties ?? {}).flatMap(([name, node]): Row[] => {
    const key = prefix + name;
    const kinds = node.oneOf?.filter(({ properties }) => properties);
    if (kinds) return rowsOfKinds(node, kinds, key);
    if (node.properties) return rowsOf(node, `${key}.`);
    const long = node.anyOf?.find(({ properties }) => properties);
    if (long) return rowsOf(long, `${key}.`);
    return [{ key, default: defaultOf(node), allowed: allowed(node), meaning: node.description ?? '' }];
  });
}

/** A section of several kinds, told apart by `kind`. */
function rowsOfKinds(node: Node, kinds: readonly Node[], key: string): Row[] {
  const fallback = (node.default as { kind?: unknown } | undefined)?.kind;
  const kindOf = ({ properties }: Node): Node => properties!['kind']!;
  const kindRow: Row = {
    key: `${key}.kind`,
    default: defaultOf({ default: fallback }),
    allowed: kinds.map((kind) => allowed(kindOf(kind))).join(', '),
    meaning: kinds.map((kind) => `${allowed(kindOf(kind))}: ${kindOf(kind).description ?? ''}`).join(' '),
  };
  const others = kinds.flatMap((kind) => {
    const { kind: which, ...properties } = kind.properties!;
    return rowsOf({ properties }, `${key}.`).map((row) => ({
      ...row,
      meaning: `${row.meaning} (kind ${allowed(which!)})`,
    }));
  });
  return [kindRow, ...others];
}

function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const lines = rows.map((row) => `| \`${row.key}\` | ${row.default} | ${cell(row.allowed)} | ${cell(row.meaning)} |`);
  return ['| key | default | allowed | meaning |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** The page as prettier formats it. */
export async function configReference(): Promise<string> {
  const properties = Object.entries((runJsonSchema() as Node).properties!);
  const top = properties.filter(([, node]) => !node.properties);
  const sections = properties.filter(([, node]) => node.properties);
  const parts = [
    INTRODUCTION,
    `## Top level\n\n${table(rowsOf({ properties: Object.fromEntries(top) }, ''))}`,
    ...sections.map(
      ([name, node]) => `## \`${name}\`\n\n${node.description ?? ''}\n\n${table(rowsOf(node, `${name}.`))}`,
    ),
  ];
  return format(parts.join('\n\n'), { ...(await resolveConfig(TARGET)), parser: 'markdown' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(TARGET, await configReference());
