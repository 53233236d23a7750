/** @file Sampling paths in either engine: a sampler's own loop op by op, or one compiled step as often as it takes. */
import {
  deterministicStep,
  invertDeterministic,
  inverseStep,
  sampleDeterministic,
  sampleStochastic,
  stochasticStep,
} from '../../src/diffusion/samplers.js';
import type { HostArray } from '../../src/engine/host_array.js';
import type { Tensor, Tensors } from '../../src/engine/tfjs.js';
import type { Engine, Executable } from '../../src/engine/types.js';
import { resshift, type ResShiftModel } from '../../src/teacher/denoiser.js';
import { prepareFor } from './evaluate.js';
import { groupOf, groupResults } from './param_groups.js';

export type SamplerName = 'stochastic' | 'deterministic' | 'inverse';

/** Where a path starts, and what it depends on. */
export interface PathStart {
  readonly lq: HostArray;
  readonly zy: HostArray;
  /** z_T; the clean latent for `inverse`. */
  readonly z: HostArray;
  /** For `stochastic`: the prior's noise, which z was made with, then one a step. */
  readonly noises?: readonly HostArray[];
}

/** The estimate of z_0 at a timestep and the latent after its step. */
export interface PathStep {
  readonly t: number;
  readonly z0: HostArray;
  readonly z: HostArray;
}

/** Walks paths of one model, all of one shape. */
export type PathWalker = (sampler: SamplerName, start: PathStart) => Promise<PathStep[]>;

/**
 * A walker of the model whose U-Net's parameters are the resident group `unet`.
 *
 * A graph of T U-Nets would take minutes to optimise, so compiled paths are T runs of one program, as in restoring images.
 */
export function pathWalker(engine: Engine, model: ResShiftModel, unet: string): PathWalker {
  return engine.kind === 'eager' ? loopWalker(engine, model, unet) : stepWalker(engine, model, unet);
}

function loopWalker(engine: Engine, model: ResShiftModel, unet: string): PathWalker {
  const { schedule } = model.process;
  return async (sampler, { lq, zy, z, noises = [] }) => {
    const draws = Object.fromEntries(noises.map((noise, k) => [`noises/${k}`, noise]));
    const feeds = { lq, zy, z, ...draws };
    const timesteps: number[] = [];
    const found = await prepareFor(engine, feeds, (inputs, state) => {
      const seen: Record<string, Tensor> = {};
      const denoise = resshift(model, state.read(unet), { lq: inputs['lq']!, zy: inputs['zy']! });
      const watch = (step: { t: number; z0: Tensor; z: Tensor }): void => {
        timesteps.push(step.t);
        Object.assign(seen, groupResults(String(step.t), { z0: step.z0, z: step.z }));
      };
      if (sampler === 'stochastic') {
        sampleStochastic(schedule, denoise, inputs['zy']!, Object.values(groupOf(inputs, 'noises')), watch);
      } else {
        const walk = sampler === 'deterministic' ? sampleDeterministic : invertDeterministic;
        walk(schedule, denoise, inputs['zy']!, inputs['z']!, watch);
      }
      return seen;
    }).run(feeds);
    return timesteps.map((t) => ({ t, z0: found[`${t}/z0`]!, z: found[`${t}/z`]! }));
  };
}

function stepWalker(engine: Engine, model: ResShiftModel, unet: string): PathWalker {
  const { schedule } = model.process;
  const body = (inputs: Tensors, denoised: (z: Tensor, t: Tensor) => Tensor): Tensors => {
    const { z, zy, t, noise } = inputs as Record<'z' | 'zy' | 't' | 'noise', Tensor>;
    const z0 = denoised(z, t);
    return {
      z0,
      stochastic: stochasticStep(schedule, z, z0, t, noise),
      deterministic: deterministicStep(schedule, z, z0, zy, t),
      inverse: inverseStep(schedule, z, z0, zy, t),
    };
  };
  let step: Executable | undefined;
  return async (sampler, { lq, zy, z: start, noises }) => {
    const ascending = [...schedule.timestepMap.keys()];
    const steps: PathStep[] = [];
    let z = start;
    for (const [k, t] of (sampler === 'inverse' ? ascending.slice(1) : ascending.reverse()).entries()) {
      const feeds = {
        lq,
        zy,
        z,
        noise: noises?.[1 + k] ?? { shape: z.shape, data: new Float32Array(z.data.length) },
        t: { shape: [z.shape[0]!], data: new Int32Array(z.shape[0]!).fill(t) },
      };
      step ??= prepareFor(engine, feeds, (inputs, state) =>
        body(inputs, resshift(model, state.read(unet), { lq: inputs['lq']!, zy: inputs['zy']! })),
      );
      const found = await step.run(feeds);
      z = found[sampler]!;
      steps.push({ t, z0: found['z0']!, z });
    }
    return steps;
  };
}
