/** @file The VQ autoencoder: image to continuous latent and back through the codebook. */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { UserError } from '../errors/user_error.js';
import { planAutoencoder, type AutoencoderConfig } from './autoencoder_config.js';
import { blockCoefficients, imageOfCoefficients } from './block_transform.js';
import { decoder } from './decoder.js';
import { encoder } from './encoder.js';
import { linear } from './linear.js';
import { quantize } from './quantizer.js';

export { quantize } from './quantizer.js';

/**
 * Continuous latent of an image, not quantised: [B,H,W,inChannels] in [-1,1] -> [B, H / factor, W / factor, embedDim].
 * @throws UserError when height or width are not multiples of the factor.
 */
export function encode(params: Params, config: AutoencoderConfig, x: Tensor): Tensor {
  const { factor } = planAutoencoder(config);
  const [, height, width] = x.shape as [number, number, number, number];
  if (height % factor !== 0 || width % factor !== 0) {
    throw new UserError('the image does not fit the autoencoder', {
      expected: `height and width that are multiples of ${factor}`,
      found: `${height}x${width}`,
      remedy: 'Pad or crop the image.',
    });
  }
  return tf.tidy(() => {
    const latent = linear(params, 'quant_conv', encoder(params, config, x));
    if (config.anchored === false) return latent;
    return tf.add(latent, blockCoefficients(x, factor, config.embedDim, config.anchored));
  });
}

/**
 * Image of a latent, not clamped: [B,h,w,embedDim] -> [B, h * factor, w * factor, outCh].
 * @param options.quantize Whether the latent is replaced by its nearest codes first (straight-through gradient). Default: the config's.
 */
export function decode(
  params: Params,
  config: AutoencoderConfig,
  z: Tensor,
  options: { readonly quantize?: boolean } = {},
): Tensor {
  return tf.tidy(() => {
    const latent = (options.quantize ?? config.quantized) ? quantize(params, config, z).quantized : z;
    const image = decoder(params, config, linear(params, 'post_quant_conv', latent));
    if (config.anchored === false) return image;
    const { factor } = planAutoencoder(config);
    const anchor = tf.mul(latent, 1 / config.anchored);
    return tf.add(image, imageOfCoefficients(anchor, factor, config.outCh));
  });
}
