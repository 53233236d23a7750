/** @file AdamW's fixed hyperparameters of a run. */
import type { TrainConfig } from '../config/schema.js';
import type { AdamWConfig } from './adamw.js';

/** Epsilon of PyTorch's AdamW, which the published runs use. */
const EPS = 1e-8;

export const adamwConfig = ({ betas, weightDecay }: TrainConfig): AdamWConfig => ({ betas, eps: EPS, weightDecay });
