/** @file The perceptual term that distillation and autoencoder training share. */
import { z } from 'zod';
import { path } from '../fields.js';

/** Metrics a perceptual term may use. ST-LPIPS is a metric of its own, not LPIPS. */
export const perceptualMetric = z.enum(['lpips-alex', 'lpips-vgg', 'st-lpips-alex', 'none']);

/** Keys of a perceptual term; its weight's default is the method's. */
export const perceptualKeys = {
  metric: perceptualMetric.default('lpips-alex').describe('Perceptual metric; none switches the term off.'),
  weights: path
    .optional()
    .describe('File with backbone and linear heads of the metric; weights/<metric>.safetensors if left out.'),
};
