/**
 * @file `method: vsd`: variational score distillation (arXiv 2503.13358, algorithm 2), the baseline ResShift-VSD. Its student
 * has one timestep and no noise channel unless the run file says otherwise.
 */
import type { DistillationLoss } from '../losses/distillation_objective.js';
import { vsdLoss } from '../losses/vsd.js';
import { distillation } from './rsd.js';

/** Both judges are constants: the gradient is their difference on z0_hat alone. */
export const vsd = (): DistillationLoss => vsdLoss;

/** VSD of a ResShift teacher. */
export const vsdMethod = distillation(vsd);
