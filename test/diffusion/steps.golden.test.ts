/** @file Single steps of the process on the micro network against the reference code's. */
import { describe, expect, it } from 'vitest';
import { denoiser } from '../../src/diffusion/denoiser.js';
import { forwardMean, posteriorMean, priorSample, qSample, scaleInput } from '../../src/diffusion/forward_process.js';
import { lookup } from '../../src/diffusion/lookup.js';
import { predictNoise, predictStart, trainingTarget } from '../../src/diffusion/parameterisation.js';
import { deterministicStep, inverseStep, stochasticStep } from '../../src/diffusion/samplers.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { unet } from '../../src/nn/unet.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { goldenProcess, goldenUNet } from '../helpers/golden_models.js';
import { goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf } from '../helpers/param_groups.js';

// Golden README, table "Files", row diffusion/steps.
const TOLERANCE = 1e-5;

const process = goldenProcess();
const network = await goldenUNet('micro');

function body(inputs: Tensors): Tensors {
  const get = (name: string): Tensor => inputs[name]!;
  const { schedule } = process;
  const [z0, zy, t, noise, noise2, lq] = ['x_start', 'y', 't', 'noise', 'noise2', 'lq'].map(get) as [
    Tensor, Tensor, Tensor, Tensor, Tensor, Tensor,
  ]; // prettier-ignore
  const params = groupOf(inputs, 'unet');
  const run = (x: Tensor, tn: Tensor): Tensor => unet(params, network.config, { x, t: tn, lq });
  const zt = qSample(schedule, z0, zy, t, noise);
  const at = { zt, zy, t };
  const everywhere = (table: Float64Array): Tensor => lookup(table, t).add(tf.zerosLike(zt));
  const estimate = denoiser(process, run, zy)(zt, t);
  const clamped = denoiser(process, run, zy, { clamp: true })(zt, t);
  const tInverse = get('t_inverse');
  const inverseEstimate = denoiser(process, run, zy)(zt, tInverse);
  return {
    q_sample: zt,
    q_mean: forwardMean(schedule, z0, zy, t),
    q_variance: everywhere(schedule.noiseVariance),
    posterior_mean: posteriorMean(schedule, zt, z0, t),
    posterior_variance: everywhere(schedule.posteriorVariance),
    posterior_log_variance_clipped: everywhere(schedule.posteriorLogVarianceClipped),
    scale_input: scaleInput(schedule, zt, t),
    prior_sample: priorSample(schedule, zy, noise),
    predict_eps_from_xstart: predictNoise(schedule, z0, at),
    predict_xstart_from_eps: predictStart(schedule, 'epsilon', noise, at),
    predict_xstart_from_eps_scale: predictStart(schedule, 'epsilon_scale', noise, at),
    predict_xstart_from_residual: predictStart(schedule, 'residual', noise, at),
    p_sample_pred_xstart: estimate,
    p_sample_mean: posteriorMean(schedule, zt, estimate, t),
    p_sample: stochasticStep(schedule, zt, estimate, t, noise2),
    p_sample_clipped: stochasticStep(schedule, zt, clamped, t, noise2),
    ddim_pred_xstart: estimate.clone(),
    ddim_sample: deterministicStep(schedule, zt, estimate, zy, t),
    ddim_inverse_pred_xstart: inverseEstimate,
    ddim_inverse: inverseStep(schedule, zt, inverseEstimate, zy, tInverse),
  };
}

describe.each(engineKinds)('diffusion steps, %s', (kind) => {
  it('agree with the reference', async () => {
    const golden = await goldenTensors('diffusion', 'steps.safetensors');
    const before = tf.memory().numTensors;
    const feeds: Record<string, HostArray> = { ...groupFeeds({ unet: network.tree }) };
    for (const name of ['x_start', 'y', 't', 't_inverse', 'noise', 'noise2', 'lq']) feeds[name] = golden[name]!;
    const found = await evaluate(kind, body, feeds);
    for (const [name, value] of Object.entries(found)) {
      const scale = Math.max(1, maxAbs(golden[name]!));
      expect(maxDifference(value, golden[name]!) / scale, name).toBeLessThan(TOLERANCE);
    }
    // The one golden tensor that is not a tensor function of ours: the logarithm of a table.
    const untested = Object.keys(golden).filter((name) => !(name in found) && !(name in feeds));
    expect(untested).toEqual(['q_log_variance']);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('training targets are inverted by the estimate of z_0', async () => {
    const golden = await goldenTensors('diffusion', 'steps.safetensors');
    const types = ['xstart', 'residual', 'epsilon', 'epsilon_scale'] as const;
    const feeds = Object.fromEntries(['x_start', 'y', 't', 'noise'].map((name) => [name, golden[name]!]));
    const found = await evaluate(
      kind,
      (inputs) => {
        const [z0, zy, t, noise] = [inputs['x_start']!, inputs['y']!, inputs['t']!, inputs['noise']!];
        const zt = qSample(process.schedule, z0, zy, t, noise);
        const again = types.map((type) => {
          const target = trainingTarget(process.schedule, type, { z0, zy, noise, t });
          return [type, predictStart(process.schedule, type, target, { zt, zy, t }).clone()] as const;
        });
        return Object.fromEntries(again);
      },
      feeds,
    );
    // Dividing by 1 - eta = 0.02 at the last timestep multiplies rounding errors by 50.
    for (const type of types) expect(maxDifference(found[type]!, golden['x_start']!), type).toBeLessThan(1e-4);
  });
});
