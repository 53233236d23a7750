/**
 * @file The layers of Inception v3 (Szegedy et al., CVPR 2016) up to its last pooling, as published for FID, under the names
 * of the published weights.
 */

/** A convolution without bias, then batch normalisation and ReLU. */
export interface Convolution {
  readonly kind: 'convolution';
  readonly name: string;
  readonly channels: number;
  /** Height and width of the filter. */
  readonly size: readonly [number, number];
  readonly stride: 1 | 2;
  /** Zeros keep the size; without them windows lie inside. */
  readonly padded: boolean;
}

/** A 3x3 pooling; `average` and `peak` keep the size (padding does not count), `shrink` takes maxima with stride 2. */
export interface Pooling {
  readonly kind: 'average' | 'peak' | 'shrink';
}

/** Layers one after the other; a list of chains is run side by side and concatenated. */
export type Chain = readonly (Convolution | Pooling | readonly Chain[])[];

type Size = 1 | 3 | 5 | readonly [number, number];

function convolution(name: string, channels: number, size: Size, stride: 1 | 2, padded: boolean): Convolution {
  return { kind: 'convolution', name, channels, size: typeof size === 'number' ? [size, size] : size, stride, padded };
}
const same = (name: string, channels: number, size: Size): Convolution => convolution(name, channels, size, 1, true);
const halving = (name: string, channels: number): Convolution => convolution(name, channels, 3, 2, false);
const shrink: Pooling = { kind: 'shrink' };

/** Blocks at 35x35. */
function blockA(name: string, pooled: number): readonly Chain[] {
  return [
    [same(`${name}.branch1x1`, 64, 1)],
    [same(`${name}.branch5x5_1`, 48, 1), same(`${name}.branch5x5_2`, 64, 5)],
    [
      same(`${name}.branch3x3dbl_1`, 64, 1),
      same(`${name}.branch3x3dbl_2`, 96, 3),
      same(`${name}.branch3x3dbl_3`, 96, 3),
    ],
    [{ kind: 'average' }, same(`${name}.branch_pool`, pooled, 1)],
  ];
}

/** From 35x35 to 17x17. */
function blockB(name: string): readonly Chain[] {
  const tower = `${name}.branch3x3dbl`;
  return [
    [halving(`${name}.branch3x3`, 384)],
    [same(`${tower}_1`, 64, 1), same(`${tower}_2`, 96, 3), halving(`${tower}_3`, 96)],
    [shrink],
  ];
}

/** Blocks at 17x17, with filters cut into rows and columns. */
function blockC(name: string, inner: number): readonly Chain[] {
  const [row, column] = [
    [1, 7],
    [7, 1],
  ] as const;
  const [single, double] = [`${name}.branch7x7`, `${name}.branch7x7dbl`];
  return [
    [same(`${name}.branch1x1`, 192, 1)],
    [same(`${single}_1`, inner, 1), same(`${single}_2`, inner, row), same(`${single}_3`, 192, column)],
    [
      same(`${double}_1`, inner, 1),
      same(`${double}_2`, inner, column),
      same(`${double}_3`, inner, row),
      same(`${double}_4`, inner, column),
      same(`${double}_5`, 192, row),
    ],
    [{ kind: 'average' }, same(`${name}.branch_pool`, 192, 1)],
  ];
}

/** From 17x17 to 8x8. */
function blockD(name: string): readonly Chain[] {
  const tower = `${name}.branch7x7x3`;
  return [
    [same(`${name}.branch3x3_1`, 192, 1), halving(`${name}.branch3x3_2`, 320)],
    [
      same(`${tower}_1`, 192, 1),
      same(`${tower}_2`, 192, [1, 7]),
      same(`${tower}_3`, 192, [7, 1]),
      halving(`${tower}_4`, 192),
    ],
    [shrink],
  ];
}

/** Blocks at 8x8; FID's weights were trained with a maximum in the last one's pooling. */
function blockE(name: string, pooling: 'average' | 'peak'): readonly Chain[] {
  const cross = (start: string): readonly Chain[] => [
    [same(`${start}a`, 384, [1, 3])],
    [same(`${start}b`, 384, [3, 1])],
  ];
  const double = `${name}.branch3x3dbl`;
  return [
    [same(`${name}.branch1x1`, 320, 1)],
    [same(`${name}.branch3x3_1`, 384, 1), cross(`${name}.branch3x3_2`)],
    [same(`${double}_1`, 448, 1), same(`${double}_2`, 384, 3), cross(`${double}_3`)],
    [{ kind: pooling }, same(`${name}.branch_pool`, 192, 1)],
  ];
}

/** From the image to the activations whose mean over space are FID's 2048 features. */
export const INCEPTION: Chain = [
  halving('Conv2d_1a_3x3', 32),
  convolution('Conv2d_2a_3x3', 32, 3, 1, false),
  same('Conv2d_2b_3x3', 64, 3),
  shrink,
  same('Conv2d_3b_1x1', 80, 1),
  convolution('Conv2d_4a_3x3', 192, 3, 1, false),
  shrink,
  blockA('Mixed_5b', 32),
  blockA('Mixed_5c', 64),
  blockA('Mixed_5d', 64),
  blockB('Mixed_6a'),
  blockC('Mixed_6b', 128),
  blockC('Mixed_6c', 160),
  blockC('Mixed_6d', 160),
  blockC('Mixed_6e', 192),
  blockD('Mixed_7a'),
  blockE('Mixed_7b', 'average'),
  blockE('Mixed_7c', 'peak'),
];
