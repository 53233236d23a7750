import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { padToMultiple, reflectedIndex } from '../../src/restore/padding.js';
import { readSafetensors } from '../../src/weights/safetensors.js';
import { goldenPath } from '../helpers/golden.js';
import { picturesOf, syntheticPicture } from '../helpers/pictures.js';

interface PaddingCase {
  desired_min_size: number;
  h: number;
  w: number;
  pad_bottom: number;
  pad_right: number;
}

const { padding } = JSON.parse(readFileSync(goldenPath('tiling', 'tiling.json'), 'utf8')) as { padding: PaddingCase[] };
const { tensors } = await readSafetensors(goldenPath('tiling', 'tiling.safetensors'));

describe('padToMultiple', () => {
  it.each(padding)(
    '$h x $w to a multiple of $desired_min_size',
    ({ h, w, desired_min_size, pad_bottom, pad_right }) => {
      const { height, width } = padToMultiple(syntheticPicture(h, w), desired_min_size);
      expect([height, width]).toEqual([h + pad_bottom, w + pad_right]);
    },
  );

  const reflected = [...tensors.keys()].filter((name) => name.startsWith('pad.reflect'));
  it.each(reflected)('equals %s exactly', (name) => {
    const [image] = picturesOf(tensors.get('pad.image')!);
    const [expected] = picturesOf(tensors.get(name)!);
    expect(padToMultiple(image!, expected!.height)).toEqual(expected);
  });

  it('hands back a picture that fits', () => {
    const picture = syntheticPicture(32, 64);
    expect(padToMultiple(picture, 32)).toBe(picture);
  });

  it('reflects again and again when the picture is smaller than the padding', () => {
    const row = { height: 1, width: 3, data: Float32Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2) };
    const padded = padToMultiple(row, 8);
    const columns = Array.from({ length: 8 }, (_, i) => padded.data[i * 3]);
    expect(columns).toEqual([0, 1, 2, 1, 0, 1, 2, 1]);
    expect(padded.height).toBe(8);
    expect(padded.data.slice(7 * 24)).toEqual(padded.data.slice(0, 24));
  });
});

describe('reflectedIndex', () => {
  it('shows a single pixel everywhere', () => {
    expect([0, 1, 5].map((i) => reflectedIndex(i, 1))).toEqual([0, 0, 0]);
  });
});
