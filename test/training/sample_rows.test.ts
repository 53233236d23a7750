/** @file Rows of sample images: with the original where there is one. */
import { expect, it } from 'vitest';
import { type HeldOutImage } from '../../src/methods/method.js';
import { sampleRows } from '../../src/training/sample_rows.js';

const image = (value: number, side: number) => ({
  shape: [1, side, side, 3],
  data: new Float32Array(side * side * 3).fill(value),
});
const restored = ({ lq }: HeldOutImage) => Promise.resolve([image(lq.data[0]! / 2, 4)]);

it('puts what is made between LR and HR', async () => {
  const pair = { name: 'a', lq: image(0.5, 1), hr: image(1, 4) };
  const { rows, columns } = await sampleRows([pair], ['student'], restored);
  expect(columns).toEqual(['LR', 'student', 'HR']);
  expect(rows.map(({ label, images }) => [label, images.map(({ data, width }) => [data[0], width])])).toEqual([
    [
      'a',
      [
        [0.5, 1],
        [0.25, 4],
        [1, 4],
      ],
    ],
  ]);
});

it('leaves HR out where there is none', async () => {
  const { rows, columns } = await sampleRows([{ name: 'a', lq: image(0.5, 1) }], ['student'], restored);
  expect(columns).toEqual(['LR', 'student']);
  expect(rows[0]!.images).toHaveLength(2);
});
