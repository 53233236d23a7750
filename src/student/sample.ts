/** @file What the updates of a distillation begin with, outside differentiation: latents of a batch, and the student's outputs. */
import type { FirstStage } from '../diffusion/first_stage.js';
import { qSample } from '../diffusion/forward_process.js';
import type { Params, Tensor } from '../engine/tfjs.js';
import type { FakeInputs, FakeModel, FakeSample } from '../fake/losses.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { generate } from './generate.js';

/** The networks and the process of one distillation; parameters are given with each call. */
export interface RsdModel extends FakeModel {
  /** Network of the teacher. */
  readonly unet: UNetConfig;
  /** The same with the student's noise channels. */
  readonly studentUnet: UNetConfig;
  readonly firstStage: FirstStage;
}

/** Data and draws that both updates take. Images in [-1, 1]; noises N(0, I) of the latent's shape; timesteps int32 [B]. */
export interface RsdInputs extends FakeInputs {
  /** [B, H, W, 3]. */
  readonly hr: Tensor;
  /** Noise of z_tn ~ q(. | z_0, z_y); absent if `ztn` is given. */
  readonly noiseTn?: Tensor;
  /** The student's noisy input [B, h, w, C] where it was generated without the real image. */
  readonly ztn?: Tensor;
  /** The student's own noise [B, h, w, noiseChannels]; absent without noise channels. */
  readonly eps?: Tensor;
  /** Noise of z_t ~ q(. | z0_hat, z_y). */
  readonly noiseT: Tensor;
}

/** Latents of a batch, all [B, h, w, C]: clean, low-resolution, and the student's noisy input. */
export interface BatchLatents {
  readonly z0: Tensor;
  readonly zy: Tensor;
  readonly ztn: Tensor;
}

/** Encodes a batch and noises its clean latents to t_n, unless the noisy ones are given. Outside differentiation. */
export function encodeBatch({ process, firstStage }: RsdModel, inputs: RsdInputs): BatchLatents {
  const { hr, lq, tn, noiseTn, ztn } = inputs;
  const { z0, zy } = firstStage.encodePair(hr, lq);
  return { z0, zy, ztn: ztn ?? qSample(process.schedule, z0, zy, tn, noiseTn!) };
}

/** sample() of algorithm 1 for a fake update. Outside differentiation. */
export function drawFakeSample(model: RsdModel, student: Params, inputs: RsdInputs): FakeSample {
  const { z0, zy, ztn } = encodeBatch(model, inputs);
  const { lq, tn, eps, t, noiseT } = inputs;
  const studentModel = { process: model.process, unet: model.studentUnet };
  const z0Hat = generate(studentModel, student, { zt: ztn, t: tn, lq, zy, eps });
  return { z0, zy, z0Hat, zt: qSample(model.process.schedule, z0Hat, zy, t, noiseT) };
}
