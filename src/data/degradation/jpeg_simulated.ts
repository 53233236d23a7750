/**
 * @file JPEG without an encoder: 4:2:0, the rounding of 8x8 DCT coefficients, and nothing else of the format
 * (docs/degradation.md has the formulas).
 */
import { tf, type Tensor } from '../../engine/tfjs.js';
import { CHANNELS } from '../../images/pixels.js';
import { bySample, type Image4 } from './planes.js';

const BLOCK = 8;
/** Side of the least unit: a block of chroma at half size. */
export const JPEG_UNIT = 2 * BLOCK;
const MIDDLE = 128;

/** Quantisation of luminance: entry [horizontal frequency][vertical frequency]. */
const LUMINANCE = [
  [16, 11, 10, 16, 24, 40, 51, 61],
  [12, 12, 14, 19, 26, 58, 60, 55],
  [14, 13, 16, 24, 40, 57, 69, 56],
  [14, 17, 22, 29, 51, 87, 80, 62],
  [18, 22, 37, 56, 68, 109, 103, 77],
  [24, 35, 55, 64, 81, 104, 113, 92],
  [49, 64, 78, 87, 103, 121, 120, 101],
  [72, 92, 95, 98, 112, 100, 103, 99],
];
const CHROMA_CORNER = [
  [17, 18, 24, 47],
  [18, 21, 26, 66],
  [24, 26, 56, 99],
  [47, 66, 99, 99],
];
const CHROMA = LUMINANCE.map((row, i) => row.map((_, k) => CHROMA_CORNER[i]?.[k] ?? 99));

/** From RGB to Y, Cb - 128, Cr - 128; values of 0..255. */
const TO_YCC = [
  [0.299, -0.168736, 0.5],
  [0.587, -0.331264, -0.418688],
  [0.114, 0.5, -0.081312],
];
/** From Y, Cb - 128, Cr - 128 to RGB. */
const TO_RGB = [
  [1, 1, 1],
  [0, -0.344136, 1.772],
  [1.402, -0.714136, 0],
];

/** Orthonormal DCT-II of 8 values: [frequency, position]. */
const DCT = Array.from({ length: BLOCK }, (_, u) =>
  Array.from(
    { length: BLOCK },
    (_, x) => Math.sqrt((u === 0 ? 1 : 2) / BLOCK) * Math.cos(((2 * x + 1) * u * Math.PI) / (2 * BLOCK)),
  ),
);

/** Least factor: at quality 100 the steps would be 0, by which nothing can be divided. */
const LEAST_FACTOR = 1e-6;

/** What a quality multiplies the quantisation tables by: a real number, nothing is rounded. */
export function quantisationFactor(quality: number): number {
  return Math.max((quality < 50 ? 5000 / quality : 200 - 2 * quality) / 100, LEAST_FACTOR);
}

/** An 8x8 matrix (or its transpose) applied to every 8 rows: [H, W, B] -> the same shape. */
function mixBlockRows(planes: Tensor, transposed: boolean): Tensor {
  const [height, width, samples] = planes.shape as [number, number, number];
  const blocks = tf.reshape(planes, [height / BLOCK, BLOCK, width * samples]);
  return tf.reshape(tf.matMul(tf.tensor3d([DCT]), blocks, transposed), planes.shape);
}

const swapAxes = (planes: Tensor): Tensor => tf.transpose(planes, [1, 0, 2]);

/** Rounds the DCT coefficients of 8x8 blocks: planes [H, W, B] around 0, factors [B]. */
function quantise(planes: Tensor, table: readonly (readonly number[])[], factors: Tensor): Tensor {
  const [height, width, samples] = planes.shape as [number, number, number];
  const spectrum = mixBlockRows(swapAxes(mixBlockRows(planes, false)), false);
  const blocks = tf.reshape(spectrum, [width / BLOCK, BLOCK, height / BLOCK, BLOCK, samples]);
  const steps = tf.mul(tf.reshape(tf.tensor2d(table as number[][]), [1, BLOCK, 1, BLOCK, 1]), factors);
  const rounded = tf.reshape(tf.mul(tf.round(tf.div(blocks, steps)), steps), spectrum.shape);
  return mixBlockRows(swapAxes(mixBlockRows(rounded, true)), true);
}

/** Chroma [H, W, B]: means of 2x2 pixels, quantised, each shown on its 2x2 pixels again. */
function quantiseChroma(planes: Tensor, factors: Tensor): Tensor {
  const [height, width] = planes.shape as [number, number, number];
  const halved = tf.squeeze(tf.avgPool(tf.expandDims<Image4>(planes, 0), 2, 2, 'valid'), [0]);
  const small = tf.expandDims<Image4>(quantise(halved, CHROMA, factors), 0);
  return tf.squeeze(tf.image.resizeNearestNeighbor(small, [height, width]), [0]);
}

function mixChannels(images: Tensor, matrix: readonly (readonly number[])[]): Tensor {
  return tf.reshape(tf.matMul(tf.reshape(images, [-1, CHANNELS]), tf.tensor2d(matrix as number[][])), images.shape);
}

const nextUnit = (side: number): number => Math.ceil(side / JPEG_UNIT) * JPEG_UNIT;

/**
 * What JPEG of a quality leaves of images. Sides that are no multiples of 16 are continued by zeros, as are images on a
 * larger canvas of zeros.
 * @param planes [H, W, B * 3], taken as limited to [0, 1]
 * @param factors {@link quantisationFactor} of each sample's quality, [B]
 * @returns [H, W, B * 3] in [0, 1], not rounded to 8 bit
 */
export function simulatedJpeg(planes: Tensor, factors: Tensor): Tensor {
  const [height, width, count] = planes.shape as [number, number, number];
  const margins: [number, number][] = [
    [0, nextUnit(height) - height],
    [0, nextUnit(width) - width],
    [0, 0],
  ];
  const whole = tf.mul(tf.pad(tf.clipByValue(planes, 0, 1), margins), 255);
  const [luma, ...chroma] = tf.split(mixChannels(bySample(whole), TO_YCC), CHANNELS, 3).map((x) => tf.squeeze(x, [3]));
  const coded = [
    tf.add(quantise(tf.sub(luma!, MIDDLE), LUMINANCE, factors), MIDDLE),
    ...chroma.map((plane) => quantiseChroma(plane, factors)),
  ];
  const rgb = tf.div(tf.clipByValue(mixChannels(tf.stack(coded, 3), TO_RGB), 0, 255), 255);
  return tf.slice(tf.reshape(rgb, whole.shape), [0, 0, 0], [height, width, count]);
}
