/** @file Refuses weights with values that are not finite. */
import { UserError } from '../errors/user_error.js';
import type { HostTree } from './tree.js';

/**
 * Answers the tree if all its values are finite. A quantising decoder would hide NaN: every latent has a nearest code.
 * @throws UserError naming the parameter and the first bad value.
 */
export function requireFinite(file: string, tree: HostTree): HostTree {
  for (const [name, { data }] of tree) {
    // A plain loop: over a hundred million values a callback takes seconds.
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      const found = `${data[i]} at index ${i}`;
      throw new UserError('the weights are broken', { file, key: name, expected: 'finite numbers', found });
    }
  }
  return tree;
}
