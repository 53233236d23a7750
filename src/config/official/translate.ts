/** @file From an official file to our keys: every key of it is mapped, ignored with a reason, replaced, or an error. */
import { suggestion } from '../../errors/suggestion.js';
import { UserError } from '../../errors/user_error.js';
import { setValue, type RunDocument, type YamlFile } from '../document.js';
import { expectation, show } from '../issues.js';
import { valueAt } from '../keys.js';
import { DATA_RULES } from './data_rules.js';
import { methodOf } from './detect.js';
import { AUTOENCODER_RULES, DIFFUSION_RULES } from './latent_rules.js';
import { MODEL_RULES } from './model_rules.js';
import type { OfficialMethod, Outcome, Rule } from './rule.js';
import { TRAIN_RULES } from './train_rules.js';

/** Every rule, in the order of the files. A later rule wins over an earlier one for the same key of ours. */
export const OFFICIAL_RULES: readonly Rule[] = [
  ...MODEL_RULES,
  ...DIFFUSION_RULES,
  ...AUTOENCODER_RULES,
  ...DATA_RULES,
  ...TRAIN_RULES,
];

/** What became of one key of an official file. */
export interface KeyFate {
  /** Dotted official key. */
  readonly key: string;
  /** Its value as written; undefined where the file leaves the key out and that means something. */
  readonly value: unknown;
  /** `unknown`: no rule, and no known key of a similar name; it is left out. */
  readonly outcome: Exclude<Outcome, { kind: 'refused' }> | { readonly kind: 'unknown' };
}

/** An official file in our keys. */
export interface Translation {
  /** A run document with our keys, whose origins are the lines of the official file. */
  readonly document: RunDocument;
  readonly fates: readonly KeyFate[];
}

/**
 * Which sections count: all of a run, or only those that say how networks are built (weights can be used without the
 * rest making sense here).
 */
export type Scope = 'run' | 'networks';

const NETWORK_KEYS = /^(?:model\.target$|model\.params\.|diffusion\.|autoencoder\.)/;
/** Sections where a key without a meaning to us changes what is built. */
const STRICT_KEYS = /^(?:model|diffusion|autoencoder)\.params\./;
/** Keys that hold a value, dotted, in the file's order. */
function leaves(section: Record<string, unknown>, prefix = ''): string[] {
  return Object.entries(section).flatMap(([name, value]) => {
    const isSection = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isSection ? leaves(value as Record<string, unknown>, `${prefix}${name}.`) : [prefix + name];
  });
}

function ruleFor(key: string): Rule | undefined {
  return OFFICIAL_RULES.find((rule) => rule.key === key || (rule.subtree && key.startsWith(`${rule.key}.`)));
}

function atLine(file: YamlFile, key: string, message: string): string {
  const { line } = file.origin(key.split('.'));
  return line === undefined ? message : `${message} (line ${line})`;
}

/** The official key that was probably meant, if the first name of the path that is not known resembles a known one. */
function nearest(key: string): string | undefined {
  const known = OFFICIAL_RULES.map((rule) => rule.key);
  const names = key.split('.');
  for (const [depth, name] of names.entries()) {
    const section = names
      .slice(0, depth)
      .map((part) => `${part}.`)
      .join('');
    const siblings = known.filter((other) => other.startsWith(section)).map((other) => other.split('.')[depth]!);
    if (siblings.includes(name)) continue;
    const meant = suggestion(name, [...new Set(siblings)]);
    return meant && [...names.slice(0, depth), meant, ...names.slice(depth + 1)].join('.');
  }
  return undefined;
}

/** A key without a rule: an error if it may be a mistyped one or changes what is built, else left out and told. */
function unknownKey(file: YamlFile, key: string): KeyFate['outcome'] {
  const meant = nearest(key);
  if (meant === undefined && !STRICT_KEYS.test(key)) return { kind: 'unknown' };
  throw new UserError(atLine(file, key, 'unknown key of an official file'), {
    file: file.file,
    key,
    remedy: meant
      ? `Did you mean ${meant}?`
      : 'It may change the network, and nothing here knows how. Remove it if not',
  });
}

function apply(file: YamlFile, rule: Rule, key: string, value: unknown, method: OfficialMethod): KeyFate['outcome'] {
  const fail = (expected: string, remedy?: string): never => {
    throw new UserError(atLine(file, key, 'not supported'), {
      file: file.file,
      key,
      expected,
      found: show(value),
      remedy,
    });
  };
  const checked = rule.kind?.safeParse(value, { reportInput: true });
  if (checked?.success === false) fail(expectation(checked.error.issues[0]!));
  const outcome = rule.read(value, { method, value: (other) => valueAt(file.values, other) });
  return outcome.kind === 'refused' ? fail(outcome.expected, outcome.remedy) : outcome;
}

/** What leaving a key out means, where it means something. */
function absentFate(file: YamlFile, rule: Rule, method: OfficialMethod): KeyFate[] {
  if (rule.absent === undefined) return [];
  if (rule.absent === 'required') {
    const remedy = 'Complete the file; only whole files of the ResShift, SinSR and RSD family can be read';
    throw new UserError('the key is missing', { file: file.file, key: rule.key, remedy });
  }
  const outcome = apply(file, rule, rule.key, rule.absent.value, method);
  const sets = outcome.kind === 'mapped' && Object.keys(outcome.set).length > 0;
  return sets ? [{ key: rule.key, value: undefined, outcome }] : [];
}

/** Our keys that a fate sets. */
function valuesOf({ outcome }: KeyFate): Readonly<Record<string, unknown>> {
  return (outcome.kind === 'mapped' || outcome.kind === 'replaced' ? outcome.set : undefined) ?? {};
}

function rejectPlaceholders({ file, placeholders }: YamlFile): void {
  const first = placeholders[0];
  if (!first) return;
  const message = first.text.startsWith('?') ? 'a value is missing' : 'interpolations are not resolved';
  throw new UserError(first.line === undefined ? message : `${message} (line ${first.line})`, {
    file,
    found: first.text,
    remedy: 'Write the value itself',
  });
}

/**
 * Translates an official file.
 * @param file read as YAML 1.1
 * @throws UserError for keys that are missing, mistyped, of another kind, or of a value that is not supported
 */
export function translate(file: YamlFile, scope: Scope = 'run'): Translation {
  rejectPlaceholders(file);
  const inScope = (key: string): boolean => scope === 'run' || NETWORK_KEYS.test(key);
  const method = methodOf(file.values);
  const present = leaves(file.values).filter(inScope);
  const told = new Map<string, KeyFate>();
  for (const key of present) {
    const rule = ruleFor(key);
    const value = valueAt(file.values, key);
    const outcome = rule ? apply(file, rule, key, value, method) : unknownKey(file, key);
    told.set(key, { key, value, outcome });
  }
  const absent = OFFICIAL_RULES.filter(({ key }) => inScope(key) && valueAt(file.values, key) === undefined).flatMap(
    (rule) => absentFate(file, rule, method),
  );
  const fates = [...told.values(), ...absent];

  // In the order of the rules, not of the file: which rule wins must not depend on how a file is sorted.
  const order = new Map(OFFICIAL_RULES.map((rule, i) => [rule.key, i]));
  const sorted = [...fates].sort((a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0));
  const values: Record<string, unknown> = { method };
  for (const fate of sorted) {
    for (const [ours, value] of Object.entries(valuesOf(fate))) setValue(values, ours.split('.'), value);
  }
  return { document: { file: file.file, values, origin: originIn(file, sorted) }, fates };
}

/** Our keys' places in the official file. */
function originIn(file: YamlFile, fates: readonly KeyFate[]): RunDocument['origin'] {
  return (path) => {
    const ours = path.map(String).join('.');
    const fate = fates.findLast((candidate) =>
      Object.keys(valuesOf(candidate)).some((key) => ours === key || ours.startsWith(`${key}.`)),
    );
    return fate ? { ...file.origin(fate.key.split('.')), writtenAs: fate.key } : { file: file.file };
  };
}
