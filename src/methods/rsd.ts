/** @file `method: rsd`: Residual Shifting Distillation (arXiv 2503.13358, algorithm 1). */
import { rsdLoss } from '../losses/rsd.js';
import type { DistillationLoss } from '../losses/distillation_objective.js';

/** The gradient runs through z0_hat and through the input of both judges. */
export const rsd = (): DistillationLoss => rsdLoss;
