/** @file The mapping of an official file as lines for people. */
import { stringify } from 'yaml';
import type { KeyFate } from './translate.js';

/** A value on one line, as YAML writes it. */
function show(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim().replaceAll('\n', ' ');
}

function written({ key, value }: KeyFate): string {
  return value === undefined ? `(no ${key})` : `${key}: ${show(value)}`;
}

function mappedLine(fate: KeyFate & { outcome: { kind: 'mapped' } }): string {
  const { set, note } = fate.outcome;
  const ours = Object.entries(set).map(([key, value]) => `${key}: ${show(value)}`);
  const explanation = note === undefined ? [] : [ours.length > 0 ? `(${note})` : note];
  return `  ${written(fate)} -> ${[ours.join(', '), ...explanation].filter(Boolean).join(' ')}`;
}

function isMapped(fate: KeyFate): fate is KeyFate & { outcome: { kind: 'mapped' } } {
  return fate.outcome.kind === 'mapped';
}

/** Keys that are replaced or unknown, by the reason. */
function unsupportedByReason(fates: readonly KeyFate[]): Map<string, KeyFate[]> {
  const byReason = new Map<string, KeyFate[]>();
  for (const fate of fates) {
    const { outcome } = fate;
    if (outcome.kind !== 'replaced' && outcome.kind !== 'unknown') continue;
    const reason = outcome.kind === 'replaced' ? outcome.why : 'not known here and left out';
    byReason.set(reason, [...(byReason.get(reason) ?? []), fate]);
  }
  return byReason;
}

/** What a user must know before training: the reasons of what is not supported, each with its keys. */
export function officialWarnings(fates: readonly KeyFate[]): string[] {
  return [...unsupportedByReason(fates)].map(([reason, group]) => {
    const keys = group.map(({ key }) => key);
    const shown = keys.length > 3 ? `${keys.slice(0, 2).join(', ')} and ${keys.length - 2} more` : keys.join(', ');
    return `${shown}: ${reason}`;
  });
}

/** How many keys there are of each fate, on one line. */
export function officialSummary(fates: readonly KeyFate[]): string {
  const counted = (kinds: readonly string[]): number =>
    fates.filter(({ outcome }) => kinds.includes(outcome.kind)).length;
  const [mapped, ignored, rest] = [counted(['mapped']), counted(['ignored']), counted(['replaced', 'unknown'])];
  return `official file: ${mapped} keys mapped, ${ignored} without a meaning here, ${rest} not supported`;
}

/** Every key of the official file on a line of its own, under what became of it. */
export function mappingLines(fates: readonly KeyFate[]): string[] {
  const ignored = fates.flatMap((fate) =>
    fate.outcome.kind === 'ignored' ? [`  ${written(fate)}: ${fate.outcome.why}`] : [],
  );
  const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? [title, ...lines] : []);
  return [
    ...section('Mapped (official -> ours):', fates.filter(isMapped).map(mappedLine)),
    ...section('Ignored:', ignored),
    ...[...unsupportedByReason(fates)].flatMap(([reason, group]) => [
      `Not supported: ${reason}`,
      ...group.map((fate) => `  ${written(fate)}`),
    ]),
  ];
}
