/** @file The nearest known name, or none. */
import { describe, expect, it } from 'vitest';
import { suggestion } from '../../src/errors/suggestion.js';

describe('suggestion', () => {
  const known = ['iterations', 'batch', 'microBatch'];

  it('finds the name a mistyped one meant', () => {
    expect(suggestion('iteratoins', known)).toBe('iterations');
    expect(suggestion('microbatch', known)).toBe('microBatch');
  });

  it('stays silent when nothing is near', () => {
    expect(suggestion('learningRate', known)).toBeUndefined();
    expect(suggestion('anything', [])).toBeUndefined();
  });
});
