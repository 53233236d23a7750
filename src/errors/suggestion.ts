/** @file "Did you mean ...?" for mistyped option names and config keys. */
import { closest, distance } from 'fastest-levenshtein';

/**
 * The candidate a mistyped name most likely meant.
 * @returns `undefined` when nothing is near: more than a third of the letters (at least two) would have to change.
 */
export function suggestion(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const nearest = closest(name, candidates);
  const allowed = Math.max(2, Math.floor(name.length / 3));
  return distance(name, nearest) <= allowed ? nearest : undefined;
}
