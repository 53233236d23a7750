/**
 * @file The orthonormal block transform that anchors an autoencoder: mean colour and lowest grey frequencies of each block.
 *
 * Its filters are those of the discrete cosine transform: one constant filter per colour channel, then grey ones (equal in
 * all channels) by rising frequency.
 */
import { tf, type Tensor } from '../engine/tfjs.js';
import { bicubicUpsample } from './bicubic_upsample.js';

/** Frequencies of a side x side block but the constant one, lowest first. */
function frequencies(side: number): (readonly [number, number])[] {
  const all = Array.from({ length: side * side - 1 }, (_, i) => [Math.floor((i + 1) / side), (i + 1) % side] as const);
  return all.sort(([u, v], [s, t]) => u * u + v * v - s * s - t * t || u - s);
}

/** Basis function `frequency` of the orthonormal cosine transform of `side` samples, at sample `at`. */
function cosine(side: number, frequency: number, at: number): number {
  const norm = Math.sqrt((frequency === 0 ? 1 : 2) / side);
  return norm * Math.cos(((2 * at + 1) * frequency * Math.PI) / (2 * side));
}

/**
 * Orthonormal filters [side, side, channels, count] times `scale`; count is at least `channels` and at most
 * channels + side^2 - 1. The scale is in the filters because TensorFlow 2.18's optimiser crashes on a product behind a
 * convolution with constant filters.
 */
function blockFilters(side: number, channels: number, count: number, scale: number): Tensor {
  const filters = new Float32Array(side * side * channels * count);
  const grey = frequencies(side).slice(0, count - channels);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let c = 0; c < channels; c++) {
        const at = ((y * side + x) * channels + c) * count;
        filters[at + c] = scale / side;
        grey.forEach(([u, v], k) => {
          filters[at + channels + k] = (scale * cosine(side, u, y) * cosine(side, v, x)) / Math.sqrt(channels);
        });
      }
  return tf.tensor4d(filters, [side, side, channels, count]);
}

type Tensor4D = ReturnType<typeof tf.tensor4d>;

/**
 * First coefficients of each block, the mean colour in the image's own scale, times `scale`:
 * [B,H,W,C] -> [B, H / side, W / side, count].
 */
export function blockCoefficients(image: Tensor, side: number, count: number, scale = 1): Tensor {
  return tf.tidy(() => {
    const filters = blockFilters(side, image.shape[3]!, count, scale / side) as Tensor4D;
    return tf.conv2d(image as Tensor4D, filters, side, 'valid');
  });
}

/**
 * The image whose blocks have exactly these coefficients and otherwise follow the bicubic enlargement of their mean
 * colours: [B, h, w, count] -> [B, h * side, w * side, channels].
 */
export function imageOfCoefficients(coefficients: Tensor, side: number, channels: number): Tensor {
  return tf.tidy(() => {
    const [batch, height, width, count] = coefficients.shape as [number, number, number, number];
    const base = bicubicUpsample(tf.slice(coefficients, [0, 0, 0, 0], [batch, height, width, channels]), side);
    const missing = tf.sub<Tensor4D>(coefficients, blockCoefficients(base, side, count));
    const filters = blockFilters(side, channels, count, side) as Tensor4D;
    const size: [number, number, number, number] = [batch, height * side, width * side, channels];
    return tf.add(base, tf.conv2dTranspose(missing, filters, size, side, 'valid'));
  });
}
