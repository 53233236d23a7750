/** @file What the schema found wrong, as a message a user can act on. */
import type { z } from 'zod';
import { suggestion } from '../errors/suggestion.js';
import { UserError } from '../errors/user_error.js';
import type { RunDocument } from './document.js';
import { configKeys, valueAt } from './keys.js';

type Issue = z.core.$ZodIssue;

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'a section (mapping)',
  array: 'a list',
  tuple: 'a list',
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  null: 'null',
};

/** A value as JSON writes it. */
export function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function bound(issue: Issue & { code: 'too_small' | 'too_big' }): string {
  const [limit, relation] = issue.code === 'too_small' ? [issue.minimum, 'at least'] : [issue.maximum, 'at most'];
  if (issue.origin === 'string') return 'text that is not empty';
  if (issue.origin === 'array') return `${relation} ${limit} entries`;
  const strict = issue.code === 'too_small' ? 'more than' : 'less than';
  return `${issue.inclusive ? relation : strict} ${limit}`;
}

/** What would have been right, e.g. `at least 1`. */
export function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return TYPE_NAMES[issue.expected] ?? issue.expected;
  if (issue.code === 'too_small' || issue.code === 'too_big') return bound(issue);
  if (issue.code === 'invalid_value') {
    return issue.values.length === 1 ? show(issue.values[0]) : `one of ${issue.values.map(show).join(', ')}`;
  }
  if (issue.code === 'invalid_union') {
    const options = (issue as { options?: readonly unknown[] }).options;
    if (options) return `one of ${options.map(show).join(', ')}`;
    const branches = issue.errors.map(([first]) => (first ? expectation(first) : 'another value'));
    return [...new Set(branches)].join(' or ');
  }
  return issue.message;
}

/** The key that was probably meant: one of the same section, else the same name in another section. */
function nearestKey(section: string, name: string): string | undefined {
  const keys = configKeys().map(({ key }) => key);
  const heads = new Set(
    keys.filter((key) => key.startsWith(section)).map((key) => key.slice(section.length).split('.')[0]!),
  );
  const sibling = suggestion(name, [...heads]);
  if (sibling !== undefined) return section + sibling;
  return keys.find((key) => key.split('.').at(-1) === name) ?? suggestion(section + name, keys);
}

function unknownKey(section: readonly PropertyKey[], name: string, document: RunDocument): UserError {
  const path = [...section, name];
  const { file, line } = document.origin(path);
  // Of a section of several kinds: right in another one.
  const ofOtherKind = configKeys().some(({ key }) => key === path.join('.') || key.startsWith(`${path.join('.')}.`));
  if (ofOtherKind) {
    const kind = [...section, 'kind'].join('.');
    const found = show(valueAt(document.values, kind));
    return new UserError(line === undefined ? 'belongs to another kind' : `belongs to another kind (line ${line})`, {
      file,
      key: path.join('.'),
      remedy: `Remove it, or change ${kind}, which is ${found}.`,
    });
  }
  const nearest = nearestKey(section.map((part) => `${String(part)}.`).join(''), name);
  return new UserError(line === undefined ? 'unknown key' : `unknown key (line ${line})`, {
    file,
    key: path.join('.'),
    remedy: nearest ? `Did you mean ${nearest}?` : 'Remove it.',
  });
}

/** A key of ours as the file's reader knows it: by the official name where that is what the file has. */
export function nameInFile(document: RunDocument, key: string): string {
  const { writtenAs } = document.origin(key.split('.'));
  return writtenAs === undefined ? key : `${writtenAs} (ours: ${key})`;
}

/** The first problem as an error that names file, line, key, what was expected and what was found. */
export function describeIssue(issues: readonly Issue[], document: RunDocument): UserError {
  // An unknown key first: it is often the cause of what else is wrong.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.path, issue.keys[0]!, document);
  const { file, line } = document.origin(issue.path);
  const key = issue.path.map(String).join('.');
  const discriminator = issue.code === 'invalid_union' && 'discriminator' in issue ? issue.path.at(-1) : undefined;
  const input: unknown = issue.input;
  const found = discriminator === undefined ? input : (input as Record<PropertyKey, unknown>)[discriminator];
  return new UserError(line === undefined ? 'not allowed' : `not allowed (line ${line})`, {
    file,
    key: nameInFile(document, key) || '(top)',
    expected: expectation(issue),
    found: show(found),
  });
}
