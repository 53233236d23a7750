/** @file Walks down a student's timesteps, against what they come to for a network whose estimate is known. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcess } from '../../src/diffusion/denoiser.js';
import { qSample } from '../../src/diffusion/forward_process.js';
import { sameTimestep } from '../../src/diffusion/lookup.js';
import type { NoiseSource } from '../../src/diffusion/picture_noise.js';
import { deterministicStep, deterministicStepTo } from '../../src/diffusion/samplers.js';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf } from '../../src/engine/tfjs.js';
import type { Engine } from '../../src/engine/types.js';
import { treeToMemory } from '../../src/models/layout.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { studentPass } from '../../src/student/pass.js';
import { studentWalk } from '../../src/student/walk.js';
import { walkInputs } from '../../src/student/walk_inputs.js';
import { UNET_GROUP, type RestorationModel } from '../../src/teacher/restoration_model.js';
import { createWalk, type WalkStep } from '../../src/teacher/walk.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { sampleArray } from '../helpers/gradient_check.js';
import { goldenDiffusionConfig } from '../helpers/micro_models.js';
import { smallUNet } from '../helpers/small_networks.js';

const TOLERANCE = 1e-5;
const TIMESTEPS = [14, 9, 2];
const LATENT = [2, 16, 16, 3];

/** Pixels for latents, and a network that predicts no residual: its estimate is the enlarged image z_y, whatever it sees. */
const model: RestorationModel = {
  process: createProcess({ ...goldenDiffusionConfig(), latentFlag: false, predictType: 'residual' }),
  unet: { ...smallUNet, condLq: false, inChannels: 3, numResBlocks: [1], channelMult: [1], noiseChannels: 1 },
  autoencoder: null,
};
const { schedule } = model.process;
const silentTree = formulaTree(unetSpecs(model.unet));
for (const name of ['out.2.weight', 'out.2.bias']) silentTree.get(name)!.data.fill(0);

const lq = { shape: [2, 4, 4, 3], data: Float32Array.from(sampleArray('lq', [2, 4, 4, 3]).data, (v) => v / 4) };
const noise: NoiseSource = (purpose, shape, step = 0) => sampleArray(`${purpose} ${step}`, shape);

/** z_y + kappa sqrt(eta_t) times a noise. */
function noised(zy: HostArray, t: number, by: HostArray): HostArray {
  return {
    shape: zy.shape,
    data: zy.data.map((value, i) => value + schedule.noiseStd[t]! * by.data[i]!),
  };
}

describe.each(engineKinds)("a student's walk, %s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = createEngine({ kind });
    await engine.define({ [UNET_GROUP]: treeToMemory(silentTree) });
  });
  afterAll(() => {
    engine.dispose();
  });

  async function walked(sampler: 'stochastic' | 'deterministic'): Promise<WalkStep[]> {
    const steps: WalkStep[] = [];
    const walk = createWalk(engine, model, studentWalk(model.process, TIMESTEPS, sampler), UNET_GROUP);
    for await (const step of walk.steps(lq, noise)) steps.push(step);
    expect(walk.evaluations).toBe(steps.length);
    return steps;
  }

  it('noises each estimate anew to the next timestep', async () => {
    const steps = await walked('stochastic');
    expect(steps.map(({ t, next }) => [t, next])).toEqual([[14, 9], [9, 2], [2, undefined]]); // prettier-ignore
    steps.forEach(({ t, zy, z, z0 }, index) => {
      const by = index === 0 ? noise('prior', LATENT) : noise('step', LATENT, TIMESTEPS[index - 1]);
      expect(maxDifference(z, noised(zy, t, by)), `t = ${t}`).toBeLessThan(TOLERANCE * maxAbs(z));
      expect(maxDifference(z0, zy)).toBe(0);
      if (index > 0) expect(z).toBe(steps[index - 1]!.after);
    });
  });

  it('keeps the noise it started with where it is deterministic', async () => {
    for (const { t, zy, z } of await walked('deterministic')) {
      expect(maxDifference(z, noised(zy, t, noise('prior', LATENT))), `t = ${t}`).toBeLessThan(TOLERANCE * maxAbs(z));
    }
  });

  it('gives each sample of a training batch the latent of its own timestep', async () => {
    const walk = createWalk(engine, model, studentWalk(model.process, TIMESTEPS, 'deterministic'), UNET_GROUP);
    const key = { seed: 1, update: 'fake', iteration: 3 };
    const inputs = async (...tn: number[]): Promise<HostArray> =>
      walkInputs(walk, lq, { shape: [2], data: Int32Array.from(tn) }, key, { first: 4, count: 2 });
    const [first, second] = [await inputs(14, 2), await inputs(9, 14)];
    const [a, b] = [await inputs(14, 14), await inputs(9, 9)];
    const half = a.data.length / 2;
    const part = ({ data }: HostArray, sample: number): number[] => [...data.slice(sample * half, (sample + 1) * half)];
    expect(part(first, 0)).toEqual(part(a, 0));
    expect(part(second, 0)).toEqual(part(b, 0));
    expect(part(second, 1)).toEqual(part(a, 1));
    expect(part(first, 1)).not.toEqual(part(a, 1));
    // The same noise at less strength: the ratio of standard deviations.
    const [zy] = await walked('deterministic');
    const spread = (from: number[], sample: number): number[] =>
      from.map((v, i) => v - zy!.zy.data[sample * half + i]!);
    const low = spread(part(first, 1), 1);
    const high = spread(part(a, 1), 1);
    const ratio = schedule.sqrtEtas[2]! / schedule.sqrtEtas[14]!;
    low.forEach((value, i) => {
      expect(value).toBeCloseTo(ratio * high[i]!, 4);
    });
  });

  it('restores pictures with an evaluation at each timestep', async () => {
    const pass = studentPass(engine, model, TIMESTEPS, 'stochastic');
    const picture = { height: 4, width: 4, data: lq.data.slice(0, 48) };
    let evaluations = 0;
    const [restored] = await pass.run([picture], [noise], () => {
      evaluations++;
    });
    expect(evaluations).toBe(3);
    const [{ zy }] = (await walked('stochastic')) as [WalkStep];
    expect(restored).toMatchObject({ height: 16, width: 16 });
    const expected = { shape: [1, 16, 16, 3], data: zy.data.slice(0, 768) };
    expect(maxDifference({ shape: [1, 16, 16, 3], data: restored!.data }, expected)).toBeLessThan(TOLERANCE);
  });
});

describe('the deterministic step to any timestep', () => {
  const feeds = Object.fromEntries(['z', 'z0', 'zy', 'noise'].map((name) => [name, sampleArray(name, LATENT)]));

  it('takes q(z_t) to q(z_s) of the same noise, and is the published step from t to t - 1', async () => {
    const before = tf.memory().numTensors;
    const found = await evaluate(
      'eager',
      (inputs) => {
        const [z, z0, zy, by] = ['z', 'z0', 'zy', 'noise'].map((name) => inputs[name]!) as [never, never, never, never];
        const [t, s, previous] = [11, 4, 10].map((step) => sameTimestep(step, 2)) as [never, never, never];
        const from = qSample(schedule, z0, zy, t, by);
        return {
          jumped: deterministicStepTo(schedule, from, z0, zy, t, s),
          there: qSample(schedule, z0, zy, s, by),
          stepped: deterministicStepTo(schedule, z, z0, zy, t, previous),
          published: deterministicStep(schedule, z, z0, zy, t),
        };
      },
      feeds,
    );
    expect(maxDifference(found['jumped']!, found['there']!)).toBeLessThan(TOLERANCE);
    expect(maxDifference(found['stepped']!, found['published']!)).toBeLessThan(TOLERANCE);
    expect(tf.memory().numTensors).toBe(before);
  });
});
