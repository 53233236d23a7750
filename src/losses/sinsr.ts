/** @file The SinSR objective: regression onto the teacher's deterministic path, with consistency terms. */
import { tf, type Tensor } from '../engine/tfjs.js';
import { stopGradient } from '../nn/stop_gradient.js';
import { mseLoss } from './mse.js';
import { patchCovarianceLoss } from './patch_covariance.js';

/** The student's network as a map between noisy and clean latents [B, h, w, C], in both directions. */
export interface SinsrMaps {
  /** z_T -> estimate of z_0. */
  restore(zT: Tensor): Tensor;
  /** z_0 -> estimate of the z_T that it is restored from: the same network, called with timestep 0. */
  invert(z0: Tensor): Tensor;
}

/** Latents [B, h, w, C] of a SinSR update; all constants. */
export interface SinsrLatents {
  /** Prior sample. */
  readonly zT: Tensor;
  /** Where the teacher's deterministic sampler takes that very sample. */
  readonly teacher: Tensor;
  /** Encoded low-resolution and high-resolution image. */
  readonly zy: Tensor;
  readonly z0: Tensor;
}

/** Which terms there are besides the distillation. */
export interface SinsrOptions {
  readonly inverse: boolean;
  readonly groundTruth: boolean;
  /** Variance of the prior around z_y, which the term `covariance` asks for; left out: no such term. */
  readonly covariance?: number;
  /** Compares decoded images rather than latents: the decoder, and the real images [B, H, W, 3]. */
  readonly image?: { decode(latent: Tensor): Tensor; readonly hr: Tensor };
}

/**
 * SinSR's terms for each sample, [B] each, those that there are:
 * - `distillation`: one student step from z_T against the teacher's result.
 * - `inverse`: the student as inverse map, from the teacher's result back to z_T.
 * - `groundTruth`: from the real latent to its predicted z_T, a constant, and back.
 * - `covariance`: whether that predicted z_T is white noise around z_y.
 */
export function sinsrLoss(
  { restore, invert }: SinsrMaps,
  { zT, teacher, zy, z0 }: SinsrLatents,
  { inverse, groundTruth, covariance, image }: SinsrOptions,
): Record<string, Tensor> {
  const compare = (estimate: Tensor, latent: Tensor, pixels: () => Tensor): Tensor =>
    image ? mseLoss(image.decode(estimate), pixels()) : mseLoss(estimate, latent);
  const terms: Record<string, Tensor> = {
    distillation: tf.tidy(() => compare(restore(zT), teacher, () => stopGradient(image!.decode(teacher)))),
  };
  if (inverse) terms['inverse'] = tf.tidy(() => mseLoss(zT, invert(teacher)));
  if (!groundTruth && covariance === undefined) return terms;
  const inverted = invert(z0);
  if (groundTruth) {
    terms['groundTruth'] = tf.tidy(() => compare(restore(stopGradient(inverted)), z0, () => image!.hr));
  }
  if (covariance !== undefined) terms['covariance'] = patchCovarianceLoss(tf.sub(inverted, zy), covariance);
  return terms;
}
