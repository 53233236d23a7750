/** @file `method: sid`: Score identity Distillation (arXiv 2404.04057) of a ResShift teacher. */
import type { RunConfig } from '../config/schema.js';
import type { DistillationLoss } from '../losses/distillation_objective.js';
import { sidLoss } from '../losses/sid.js';
import { distillation } from './rsd.js';

/** The gradient runs as in RSD, which is twice this with alpha = 0.5. */
export const sid =
  ({ sid: { alpha } }: Pick<RunConfig, 'sid'>): DistillationLoss =>
  (pair) =>
    sidLoss(pair, alpha);

/** SiD of a ResShift teacher. */
export const sidMethod = distillation(sid);
