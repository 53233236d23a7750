/** @file From a network to a denoiser: scaled input, network timestep, parameterisation, optional clamp. */
import { tf, type Tensor } from '../engine/tfjs.js';
import type { DiffusionConfig } from './config.js';
import { scaleInput } from './forward_process.js';
import { networkTimesteps } from './lookup.js';
import { predictStart } from './parameterisation.js';
import { createSchedule, type Schedule } from './schedule.js';

/** Estimate of z_0 [B, h, w, C] from a noisy latent of that shape at process timesteps int32 [B]. */
export type Denoise = (zt: Tensor, t: Tensor) => Tensor;

/** A network with everything but the noisy input bound: scaled latent and network timesteps int32 [B] -> output. */
export type NoisyNetwork = (x: Tensor, t: Tensor) => Tensor;

/** A schedule with the options of the process that apply around a network. */
export interface Process {
  readonly config: DiffusionConfig;
  readonly schedule: Schedule;
}

/** A process from its options. @throws UserError as {@link createSchedule} does. */
export function createProcess(config: DiffusionConfig): Process {
  return { config, schedule: createSchedule(config) };
}

/**
 * Wraps a network as a {@link Denoise} for one low-resolution latent.
 * @param options.clamp Clamps the estimate to [-1, 1]; for diffusion on pixels only.
 */
export function denoiser(
  process: Process,
  network: NoisyNetwork,
  zy: Tensor,
  { clamp = false }: { clamp?: boolean } = {},
): Denoise {
  const { config, schedule } = process;
  return (zt, t) => {
    const output = network(scaleInput(schedule, zt, t), networkTimesteps(schedule.timestepMap, t));
    const start = predictStart(schedule, config.predictType, output, { zt, zy, t });
    return clamp ? tf.clipByValue(start, -1, 1) : start;
  };
}
