/** @file Objectives of a vector-quantised autoencoder trained from scratch (van den Oord et al. 2017). */
import { tf, type Tensor } from '../engine/tfjs.js';
import { mseLoss } from './mse.js';
import { perSampleMean } from './per_sample.js';
import { stopGradient } from '../nn/stop_gradient.js';

/** Mean absolute error of the reconstruction: images [B, H, W, 3] -> [B]. */
export function reconstructionLoss(decoded: Tensor, image: Tensor): Tensor {
  return tf.tidy(() => perSampleMean(tf.abs(tf.sub(decoded, image))));
}

/**
 * mean (sg[z] - e)^2: pulls the chosen codes towards the latents.
 * @param codes [B, h, w, D] from `lookUpCodes`, whose gradient reaches the codebook.
 * @returns [B].
 */
export function codebookLoss(codes: Tensor, latent: Tensor): Tensor {
  return mseLoss(codes, stopGradient(latent));
}

/** mean (z - sg[e])^2: keeps the encoder near its codes. [B]. */
export function commitmentLoss(codes: Tensor, latent: Tensor): Tensor {
  return mseLoss(latent, stopGradient(codes));
}
