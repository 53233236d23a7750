/** @file A choice among several with given shares. */
import type { CountedRandom } from '../../random/counted.js';

/**
 * Index in `shares`, each with its share of their sum as probability; one draw.
 * @param shares numbers of at least 0, one above
 */
export function weightedIndex(shares: readonly number[], random: CountedRandom): number {
  const total = shares.reduce((sum, share) => sum + share, 0);
  let left = random.uniform() * total;
  for (const [index, share] of shares.entries()) {
    if (left < share) return index;
    left -= share;
  }
  // Only rounding leads here.
  return shares.findLastIndex((share) => share > 0);
}
