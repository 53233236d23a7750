/** @file Objective of the fake ResShift: ordinary ResShift training on the student's outputs. */
import type { Tensor } from '../engine/tfjs.js';
import { mseLoss } from './mse.js';
import { stopGradient } from '../nn/stop_gradient.js';

/**
 * mean (f_phi(z_t, y, t) - z0_hat)^2 (RSD algorithm 1, L_fake with w_t = 1).
 * @param prediction The fake's estimate of z_0, [B, h, w, C].
 * @param z0Hat The student's output, a constant here.
 * @returns [B].
 */
export function fakeLoss(prediction: Tensor, z0Hat: Tensor): Tensor {
  return mseLoss(prediction, stopGradient(z0Hat));
}
