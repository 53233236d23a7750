/**
 * @file Latents on their way from the prior down a list of timesteps: a program for the start and one for a step, so that the
 * graph holds one U-Net and not one for each timestep, which would take minutes to compile.
 */
import { firstStageOf } from '../autoencoder/first_stage.js';
import type { Process } from '../diffusion/denoiser.js';
import { priorSample } from '../diffusion/forward_process.js';
import type { NoiseSource } from '../diffusion/picture_noise.js';
import { deterministicStep, stochasticStep } from '../diffusion/samplers.js';
import type { StepSampler } from '../diffusion/step_samplers.js';
import type { HostArray } from '../engine/host_array.js';
import type { Tensor } from '../engine/tfjs.js';
import type { Engine, Program, TensorSpec } from '../engine/types.js';
import { resshift } from './denoiser.js';
import {
  float,
  generatorNoiseShape,
  imageShape,
  latentShape,
  oncePerSize,
  sizeName,
  type BatchSize,
  type RestorationModel,
} from './restoration_model.js';

/** A latent, its estimate and its low-resolution latent [B, h, w, C], its timestep and the next int32 [B], fresh noise. */
export interface StepInputs {
  readonly z: Tensor;
  readonly z0: Tensor;
  readonly zy: Tensor;
  readonly t: Tensor;
  readonly next: Tensor;
  readonly noise: Tensor;
}

/** Which timesteps a walk visits, and how it goes on from one to the next. */
export interface WalkPlan {
  /** Name of the rule, for messages. */
  readonly name: string;
  /** Highest first. */
  readonly timesteps: readonly number[];
  /** The latent of the next timestep. */
  step(inputs: StepInputs): Tensor;
}

/** Every timestep of the process, as a teacher walks. */
export function teacherWalk({ schedule }: Process, sampler: StepSampler): WalkPlan {
  return {
    name: `${sampler} step`,
    timesteps: [...schedule.timestepMap.keys()].reverse(),
    step: ({ z, z0, zy, t, noise }) =>
      sampler === 'deterministic'
        ? deterministicStep(schedule, z, z0, zy, t)
        : stochasticStep(schedule, z, z0, t, noise),
  };
}

/**
 * The programs of a walk. `start`: lq, noise -> zy and z, the prior sample. `step`: one evaluation of the U-Net,
 * lq, zy, z, t, next, noise (and eps, the U-Net's own noise) -> z0, its estimate, and z, the latent at `next`.
 * @param unetGroup Resident group of the U-Net.
 */
export function walkPrograms(
  model: RestorationModel,
  plan: WalkPlan,
  unetGroup: string,
  batch: BatchSize,
): { readonly start: Program; readonly step: Program } {
  const image = float(imageShape(batch));
  const shape = latentShape(model, batch);
  const latent = float(shape);
  const timestep: TensorSpec = { shape: [batch.count], dtype: 'int32' };
  const own: Record<string, TensorSpec> =
    model.unet.noiseChannels > 0 ? { eps: float(generatorNoiseShape(model, shape)) } : {};
  const { schedule } = model.process;
  return {
    start: {
      name: `encode ${sizeName(batch)}`,
      inputs: { lq: image, noise: latent },
      body: ({ lq, noise }, state) => {
        const zy = firstStageOf(model, state).encodeLq(lq!);
        return { zy, z: priorSample(schedule, zy, noise!) };
      },
    },
    step: {
      name: `${plan.name} ${sizeName(batch)}`,
      inputs: { lq: image, zy: latent, z: latent, noise: latent, t: timestep, next: timestep, ...own },
      body: (inputs, state) => {
        const { lq, zy, z, t, eps } = inputs as Record<'lq' | 'zy' | 'z' | 't', Tensor> & { eps?: Tensor };
        const z0 = resshift(model, state.read(unetGroup), { lq, zy, eps })(z, t);
        return { z0, z: plan.step({ ...inputs, z0 } as unknown as StepInputs) };
      },
    },
  };
}

/** Where a walk is: latents [B, h, w, C]. */
export interface WalkStep {
  readonly t: number;
  readonly zy: HostArray;
  /** Before the evaluation at `t`. */
  readonly z: HostArray;
  /** The estimate there. */
  readonly z0: HostArray;
  /** The next timestep, and the latent there; after the last there is none, and that latent means nothing. */
  readonly next: number | undefined;
  readonly after: HostArray;
}

/** Prepared walks of one model. */
export interface LatentWalk {
  /** Evaluations of the U-Net for one batch. */
  readonly evaluations: number;
  /**
   * Walks down, one evaluation for each step that is asked for.
   * @param lq [B, h, w, 3] in [-1, 1].
   * @param noise Of the whole batch.
   */
  steps(lq: HostArray, noise: NoiseSource): AsyncGenerator<WalkStep>;
}

/** Walks with a U-Net that is resident as `unetGroup`. The estimate at the last timestep is the result. */
export function createWalk(
  engine: Pick<Engine, 'prepare'>,
  model: RestorationModel,
  plan: WalkPlan,
  unetGroup: string,
): LatentWalk {
  const prepared = oncePerSize((size) => {
    const { start, step } = walkPrograms(model, plan, unetGroup, size);
    return { start: engine.prepare(start), step: engine.prepare(step) };
  });
  const { timesteps } = plan;
  return {
    evaluations: timesteps.length,
    async *steps(lq, noise) {
      const [count, height, width] = lq.shape as [number, number, number];
      const size = { count, height, width };
      const { start, step } = prepared(size);
      const shape = latentShape(model, size);
      const own = model.unet.noiseChannels > 0 ? generatorNoiseShape(model, shape) : undefined;
      const begun = await start.run({ lq, noise: noise('prior', shape) });
      const zy = begun['zy']!;
      let z = begun['z']!;
      for (const [index, t] of timesteps.entries()) {
        const same = (value: number): HostArray => ({ shape: [count], data: new Int32Array(count).fill(value) });
        const next = timesteps[index + 1];
        const feeds = {
          ...{ lq, zy, z, noise: noise('step', shape, t), t: same(t), next: same(next ?? 0) },
          ...(own ? { eps: noise('generator', own, index) } : {}),
        };
        const found = await step.run(feeds);
        const after = found['z']!;
        yield { t, zy, z, z0: found['z0']!, next, after };
        z = after;
      }
    },
  };
}
