/** @file Between images and the latents the diffusion works on: enlarge, encode, scale, and back. */
import { tf, type Tensor } from '../engine/tfjs.js';
import { bicubicUpsample } from '../nn/bicubic_upsample.js';

/** An autoencoder with its parameters bound. Images [B, H, W, 3] in [-1, 1]; latents [B, h, w, C]. */
export interface Autoencoder {
  encode(image: Tensor): Tensor;
  decode(latent: Tensor): Tensor;
}

/** Latents [B, h, w, C] of a high-resolution image and of the enlarged low-resolution one. */
export interface LatentPair {
  readonly z0: Tensor;
  readonly zy: Tensor;
}

/** Images to latents of the diffusion and back. */
export interface FirstStage {
  /** High-resolution image [B, H, W, 3] -> z_0. */
  encode(image: Tensor): Tensor;
  /** Low-resolution image [B, H/sf, W/sf, 3] -> z_y, the latent of its bicubic enlargement. */
  encodeLq(lq: Tensor): Tensor;
  /** z_0 and z_y of a training pair at once, the encoder running on both images as one batch: less time, same values. */
  encodePair(hr: Tensor, lq: Tensor): LatentPair;
  /** Latent -> image, not clamped. */
  decode(latent: Tensor): Tensor;
}

/**
 * First stage of a process.
 * @param autoencoder `null` for diffusion on pixels: then latents are images.
 */
export function createFirstStage(
  autoencoder: Autoencoder | null,
  { scaleFactor, sf }: { scaleFactor: number; sf: number },
): FirstStage {
  const enlarge = (lq: Tensor): Tensor => bicubicUpsample(lq, sf);
  if (autoencoder === null) {
    return {
      encode: (image) => image,
      encodeLq: enlarge,
      encodePair: (hr, lq) => ({ z0: hr, zy: enlarge(lq) }),
      decode: (latent) => latent,
    };
  }
  const scaled = (latent: Tensor, factor: number): Tensor => (factor === 1 ? latent : latent.mul(tf.scalar(factor)));
  const encode = (image: Tensor): Tensor => tf.tidy(() => scaled(autoencoder.encode(image), scaleFactor));
  return {
    encode,
    encodeLq: (lq) => tf.tidy(() => encode(enlarge(lq))),
    encodePair: (hr, lq) =>
      tf.tidy(() => {
        const [z0, zy] = tf.split(encode(tf.concat([hr, enlarge(lq)])), 2) as [Tensor, Tensor];
        return { z0, zy };
      }),
    decode: (latent) => tf.tidy(() => autoencoder.decode(scaled(latent, 1 / scaleFactor))),
  };
}
