/** @file What is missing of a dataset, name by name where names are known. */
import type { Layout, Placement } from './layout.js';

/** Names that a line lists. */
const NAMED = 10;

/** One part of a dataset as it was found. */
export interface PartReport {
  readonly folder: string;
  readonly found: number;
  readonly expected: number;
  /** Names that other parts have and this one lacks. */
  readonly missing: readonly string[];
}

/** What was found of each part. */
export function partReports({ parts }: Layout, found: readonly Placement[]): PartReport[] {
  const all = new Set(found.map(({ name }) => name));
  return parts.map(({ folder, expected }) => {
    const own = new Set(found.filter(({ part }) => part === folder).map(({ name }) => name));
    const missing = parts.length > 1 ? [...all].filter((name) => !own.has(name)).sort() : [];
    return { folder, found: own.size, expected, missing };
  });
}

const counted = (count: number): string => count.toLocaleString('en-US');

/** A report as a line. */
export function partLine({ folder, found, expected, missing }: PartReport): string {
  const named =
    missing.slice(0, NAMED).join(', ') + (missing.length > NAMED ? `, ... (${counted(missing.length)})` : '');
  const nameless = Math.max(expected - found - missing.length, 0);
  const lacks = [
    ...(missing.length > 0 ? [`missing ${named}`] : []),
    ...(nameless > 0 ? [`${counted(nameless)}${missing.length > 0 ? ' more' : ''} not found`] : []),
    ...(found > expected ? [`${counted(found - expected)} more than the published set has`] : []),
  ];
  const label = folder === '' ? 'files' : folder;
  return `${label}: ${counted(found)} of ${counted(expected)}${lacks.map((lack) => `; ${lack}`).join('')}`;
}

/** Whether the dataset is all there. */
export const isComplete = (reports: readonly PartReport[]): boolean =>
  reports.every(({ found, expected, missing }) => found === expected && missing.length === 0);
