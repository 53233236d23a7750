/** @file The one-step generator: a residual-shifting network that also takes noise channels. */
import type { FirstStage } from '../diffusion/first_stage.js';
import { priorSample } from '../diffusion/forward_process.js';
import { sameTimestep } from '../diffusion/lookup.js';
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import { resshift, type Condition, type ResShiftModel } from '../teacher/denoiser.js';

/** Where the student starts from. */
export interface GeneratorInput extends Condition {
  /** Noisy latent z_tn [B, h, w, C], not scaled. */
  readonly zt: Tensor;
  /** Timesteps int32 [B]. */
  readonly t: Tensor;
}

/** z0_hat = G(z_t, y, t, eps) (RSD algorithm 1): one call of the student's network, [B, h, w, C]. */
export function generate(model: ResShiftModel, params: Params, { zt, t, lq, zy, eps }: GeneratorInput): Tensor {
  return resshift(model, params, { lq, zy, eps })(zt, t);
}

/** Latent restored in one evaluation at the last timestep from the prior sample of `noise` [B, h, w, C]. */
export function generateFromPrior(
  model: ResShiftModel,
  params: Params,
  { lq, zy, noise, eps }: Condition & { noise: Tensor },
): Tensor {
  const { schedule } = model.process;
  return tf.tidy(() => {
    const t = sameTimestep(schedule.steps - 1, zy.shape[0]);
    return generate(model, params, { zt: priorSample(schedule, zy, noise), t, lq, zy, eps });
  });
}

/** Image restored by the student in one step: lq [B, H/sf, W/sf, 3] in [-1, 1] -> [B, H, W, 3], not clamped. */
export function restoreOneStep(
  model: ResShiftModel,
  params: Params,
  firstStage: FirstStage,
  { lq, noise, eps }: { lq: Tensor; noise: Tensor; eps?: Tensor },
): Tensor {
  return tf.tidy(() => {
    const zy = firstStage.encodeLq(lq);
    return firstStage.decode(generateFromPrior(model, params, { lq, zy, noise, eps }));
  });
}
