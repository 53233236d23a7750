/** @file Layouts: element positions, exceptions by name, round trip. */
import { describe, expect, it } from 'vitest';
import {
  toMemoryLayout,
  toMemoryShape,
  toOfficialLayout,
  treeToMemory,
  treeToOfficial,
} from '../../src/models/layout.js';
import type { HostTensor } from '../../src/weights/tree.js';

function counting(shape: readonly number[]): HostTensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => i) };
}

describe('layout', () => {
  it('moves convolutions [out,in,kh,kw] -> [kh,kw,in,out]', () => {
    const [out, inputs, kh, kw] = [5, 4, 3, 2] as const;
    const memory = toMemoryLayout('conv.weight', counting([out, inputs, kh, kw]));
    expect(memory.shape).toEqual([kh, kw, inputs, out]);
    const at = (y: number, x: number, i: number, o: number): number =>
      memory.data[((y * kw + x) * inputs + i) * out + o]!;
    for (const [y, x, i, o] of [
      [0, 0, 0, 1],
      [2, 1, 3, 4],
      [1, 0, 2, 3],
    ] as const) {
      expect(at(y, x, i, o)).toBe(((o * inputs + i) * kh + y) * kw + x);
    }
  });

  it('transposes linear layers', () => {
    expect(toMemoryLayout('fc.weight', counting([2, 3]))).toEqual({
      shape: [3, 2],
      data: Float32Array.of(0, 3, 1, 4, 2, 5),
    });
  });

  it.each(['a.attn.relative_position_bias_table', 'quantize.embedding.weight', 'time_embedding.weight'])(
    'keeps %s',
    (name) => {
      const table = counting([3, 4]);
      expect(toMemoryLayout(name, table)).toEqual(table);
      expect(toOfficialLayout(name, table)).toEqual(table);
    },
  );

  it('goes there and back', () => {
    const tree = new Map(
      Object.entries({
        'c.weight': [5, 4, 3, 2],
        'l.weight': [6, 7],
        'l.bias': [6],
        's.scale': [],
        'e.embedding.weight': [3, 2],
      }).map(([name, shape]) => [name, counting(shape)] as const),
    );
    const memory = treeToMemory(tree);
    expect([...memory].map(([name, { shape }]) => [name, shape])).toEqual(
      [...tree].map(([n, { shape }]) => [n, toMemoryShape(n, shape)]),
    );
    expect(treeToOfficial(memory)).toEqual(tree);
  });

  it('refuses ranks it has no layout for', () => {
    expect(() => toMemoryLayout('x', counting([1, 2, 3]))).toThrow('no layout');
  });
});
