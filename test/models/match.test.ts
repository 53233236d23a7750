/** @file Weights against a network's expectation; widening of the first convolution. */
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { matchParams, widenInput } from '../../src/models/match.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import type { HostTensor } from '../../src/weights/tree.js';

const spec = (name: string, shape: number[]): ParamSpec => ({ name, shape, init: { kind: 'constant', value: 0 } });
const tensor = (...shape: number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, i) => i + 1),
});
const SPECS = [spec('a', [2]), spec('b', [3]), spec('c', [2, 2])];

describe('matchParams', () => {
  it('returns the tree in the order of the specs', () => {
    const tree = new Map([
      ['c', tensor(2, 2)],
      ['a', tensor(2)],
      ['b', tensor(3)],
    ]);
    expect([...matchParams(tree, SPECS, 'f')]).toEqual(['a', 'b', 'c'].map((name) => [name, tree.get(name)]));
  });

  it('names everything that does not fit, and the file', () => {
    const tree = new Map([
      ['c', tensor(4)],
      ['a', tensor(2)],
      ['x', tensor(1)],
    ]);
    const attempt = (): unknown => matchParams(tree, SPECS, 'weights.pth');
    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(
      /weights\.pth.*1 missing: b; 1 unexpected: x; 1 of another shape: c \[4\] instead of \[2,2\]/,
    );
  });

  it('keeps long lists short', () => {
    const specs = Array.from({ length: 100 }, (_, i) => spec(`p${i}`, [1]));
    expect(() => matchParams(new Map(), specs, 'f')).toThrow(/100 missing: p0, p1, p2, p3, p4 and 95 more/);
  });
});

describe('widenInput', () => {
  it('appends zero channels and keeps the rest', () => {
    const tree = new Map([
      ['conv', tensor(2, 3, 1, 2)],
      ['bias', tensor(2)],
    ]);
    const wide = widenInput(tree, 'conv', 1);
    expect(wide.get('conv')).toEqual({
      shape: [2, 4, 1, 2],
      data: Float32Array.of(1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0),
    });
    expect(wide.get('bias')).toBe(tree.get('bias'));
    expect([...wide.keys()]).toEqual(['conv', 'bias']);
    expect(tree.get('conv')!.shape).toEqual([2, 3, 1, 2]);
  });

  it('refuses what is no layer', () => {
    expect(() => widenInput(new Map([['b', tensor(2)]]), 'b', 1)).toThrow('no layer');
  });
});
