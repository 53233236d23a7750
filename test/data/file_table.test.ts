/** @file Tables of files: what goes in comes out, also from another thread's view of the same memory. */
import { expect, it } from 'vitest';
import { FileTable } from '../../src/data/file_table.js';

const table = FileTable.of([
  { folder: '/a', names: ['1.png', 'größe ☃.jpg', ''] },
  { folder: '/b/c', names: [] },
  { folder: '/d', names: ['x'.repeat(200)] },
]);
const files = ['/a/1.png', '/a/größe ☃.jpg', '/a', `/d/${'x'.repeat(200)}`];

it('gives files back by index and in order', () => {
  expect(table).toHaveLength(4);
  expect([...table]).toEqual(files);
  expect(table.at(3)).toBe(files[3]);
});

it('picks files in any order', () => {
  expect([...table.pick([3, 1, 1, 0])]).toEqual([files[3], files[1], files[1], files[0]]);
  expect(table.pick([])).toHaveLength(0);
});

it('is shared, not copied, when it is sent', () => {
  const { data } = table;
  const sent = structuredClone(data);
  expect([...new FileTable(sent)]).toEqual(files);
  const { names } = FileTable.of([{ folder: '/a', names: ['b'] }]).data;
  structuredClone(names)[0] = 'c'.charCodeAt(0);
  expect(names[0]).toBe('c'.charCodeAt(0));
});
