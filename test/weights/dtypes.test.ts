import { expect, it } from 'vitest';
import { decodeNumbers } from '../../src/weights/dtypes.js';

it('decodes Buffers that share their memory with others, without aliasing them', () => {
  const pool = Buffer.alloc(64, 0xff);
  const part = pool.subarray(8, 24);
  part.writeFloatLE(1.5, 0);
  part.writeFloatLE(-2, 4);
  part.fill(0, 8);
  const numbers = decodeNumbers('F32', part);
  expect([...numbers]).toEqual([1.5, -2, 0, 0]);
  part.writeFloatLE(7, 0);
  expect(numbers[0]).toBe(1.5);
  expect([...decodeNumbers('I64', pool.subarray(16, 24))]).toEqual([0n]);
});
