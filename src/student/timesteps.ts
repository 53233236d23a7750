/** @file The timesteps a student is trained on. */
import { UserError } from '../errors.js';

/**
 * N evenly spaced timesteps that end in T - 1: T - 1 - floor(i T / N), i = 0..N-1, ascending (0-based; T = 15, N = 4: 3, 7, 11, 14).
 * @throws UserError unless 1 <= N <= T.
 */
export function evenTimesteps(steps: number, count: number): number[] {
  if (!Number.isInteger(count) || count < 1 || count > steps) {
    throw new UserError('the student cannot be trained on this number of timesteps', {
      key: 'rsd.timestepCount',
      expected: `an integer from 1 to ${steps}`,
      found: String(count),
    });
  }
  return Array.from({ length: count }, (_, i) => steps - 1 - Math.floor((i * steps) / count)).reverse();
}

/**
 * Checks an explicit list of student timesteps and sorts it.
 * @throws UserError if it is empty, repeats one, leaves 0..T-1, or lacks T - 1, which inference uses.
 */
export function checkTimesteps(steps: number, timesteps: readonly number[]): number[] {
  const sorted = [...timesteps].sort((a, b) => a - b);
  const inRange = sorted.every((t) => Number.isInteger(t) && t >= 0 && t < steps);
  if (!inRange || new Set(sorted).size !== sorted.length || sorted.at(-1) !== steps - 1) {
    throw new UserError('impossible list of student timesteps', {
      key: 'rsd.timesteps',
      expected: `distinct integers from 0 to ${steps - 1} that include ${steps - 1}`,
      found: `[${timesteps.join(', ')}]`,
    });
  }
  return sorted;
}
