/** @file Images in, images out: the timesteps a student was trained at, as its model file says. */
import { z } from 'zod';
import { countOrZero } from '../config/fields.js';
import { UserError } from '../errors/user_error.js';
import type { Model } from '../models/model.js';

/**
 * Timesteps of a student, 0-based, highest first; none if its file does not say (official weights).
 * @throws UserError if the file says it in a way that cannot be understood.
 */
export function trainedTimesteps({ extra, diffusion }: Model): number[] {
  const text = extra['timesteps'];
  if (text === undefined) return [];
  const list = z.array(countOrZero.max((diffusion?.steps ?? 1) - 1)).safeParse(parsed(text));
  if (!list.success) {
    const expected = 'a list of timesteps of its process';
    throw new UserError('the model file does not say which timesteps its student was trained at', {
      key: '__metadata__.timesteps',
      expected,
      found: text,
    });
  }
  return list.data.sort((a, b) => b - a);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
