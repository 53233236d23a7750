/** @file A student's network as SinSR's two maps (arXiv 2311.14760). */
import type { NoisyNetwork, Process } from '../diffusion/denoiser.js';
import { scaleInput } from '../diffusion/forward_process.js';
import { sameTimestep } from '../diffusion/lookup.js';
import { predictStart } from '../diffusion/parameterisation.js';
import type { Tensor } from '../engine/tfjs.js';
import type { SinsrMaps } from '../losses/sinsr.js';

/**
 * Both maps of a network. Either way its output stands for the result as `predictType` says, and its input is scaled as at the
 * last timestep.
 * @param process Without respacing; predicts `xstart` or `residual`.
 * @param network With its parameters and the low-resolution image bound.
 * @param zy Latent of the low-resolution image.
 */
export function sinsrMaps({ config, schedule }: Process, network: NoisyNetwork, zy: Tensor): SinsrMaps {
  const t = sameTimestep(schedule.steps - 1, zy.shape[0]);
  const call = (zt: Tensor, index: Tensor): Tensor =>
    predictStart(schedule, config.predictType, network(scaleInput(schedule, zt, t), index), { zt, zy, t });
  return { restore: (zT) => call(zT, t), invert: (z0) => call(z0, sameTimestep(0, zy.shape[0])) };
}
