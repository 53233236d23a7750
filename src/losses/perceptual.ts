/** @file The perceptual metrics by name, for training and evaluation alike. */
import type { Params, Tensor } from '../engine/tfjs.js';
import type { ParamSpec } from '../nn/param_spec.js';
import { lpips, lpipsSpecs } from './lpips.js';
import { stLpips, stLpipsSpecs } from './stlpips.js';

export type PerceptualMetric = 'lpips-alex' | 'lpips-vgg' | 'st-lpips-alex';

interface Perceptual {
  /** The weights it needs, official layout. */
  specs(): ParamSpec[];
  /** Images [B,H,W,3] in [-1,1] twice -> [B], 0 for equal images. Params in memory layout. */
  distance(params: Params, a: Tensor, b: Tensor): Tensor;
}

/** What each metric needs and computes. */
export const perceptualMetrics: Readonly<Record<PerceptualMetric, Perceptual>> = {
  'lpips-alex': { specs: () => lpipsSpecs('alex'), distance: (params, a, b) => lpips('alex', params, a, b) },
  'lpips-vgg': { specs: () => lpipsSpecs('vgg'), distance: (params, a, b) => lpips('vgg', params, a, b) },
  'st-lpips-alex': { specs: stLpipsSpecs, distance: stLpips },
};
