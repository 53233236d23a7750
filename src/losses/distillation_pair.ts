/** @file What the distillation objectives compare. */
import type { Tensor } from '../engine/tfjs.js';

/** Both networks at the same noisy version of the student's output; all [B, h, w, C] estimates of z_0. */
export interface DistillationPair {
  /** f*(z_t, y, t): the frozen teacher. */
  readonly teacher: Tensor;
  /** f_phi(z_t, y, t): the fake, its parameters constant. */
  readonly fake: Tensor;
  /** The student's output, which z_t was made from. */
  readonly z0Hat: Tensor;
}
