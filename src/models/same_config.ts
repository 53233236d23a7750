/** @file Whether a model file's network is the one that a run file describes. */
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../errors/user_error.js';

/**
 * A model file says how its network is built; a run file that says otherwise would compute nonsense without any error.
 * @param section Of the run file, for the message.
 * @throws UserError naming the first option that differs.
 */
export function requireSameConfig(file: string, section: string, stored: object, wanted: object): void {
  const [inFile, inRun] = [stored as Record<string, unknown>, wanted as Record<string, unknown>];
  for (const key of new Set([...Object.keys(inFile), ...Object.keys(inRun)])) {
    if (isDeepStrictEqual(inFile[key] ?? null, inRun[key] ?? null)) continue;
    throw new UserError('the run file and the model file differ', {
      file,
      key: `${section}.${key}`,
      expected: `${JSON.stringify(inFile[key] ?? null)} as in the model file`,
      found: `${JSON.stringify(inRun[key] ?? null)} in the run file`,
    });
  }
}
