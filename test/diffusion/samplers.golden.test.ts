/** @file Whole sampling loops against the reference code's, every step of them. */
import { describe, expect, it } from 'vitest';
import { priorSample } from '../../src/diffusion/forward_process.js';
import {
  invertDeterministic,
  sampleDeterministic,
  sampleOneStep,
  sampleStochastic,
  type SamplerWatcher,
} from '../../src/diffusion/samplers.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import type { HostArray } from '../../src/engine/types.js';
import { resshift } from '../../src/teacher/resshift.js';
import { evaluate } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenProcess, goldenUNet, type Size } from '../helpers/golden_models.js';
import { goldenJson, goldenTensors, item, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { groupFeeds, groupOf } from '../helpers/param_groups.js';

// Golden README, rows diffusion/loop_* and diffusion/ddim_inverse_micro (there relative to the largest value).
const TOLERANCE = 1e-4;

const info = goldenJson<Record<string, { timestep_map?: number[] }>>('diffusion', 'info.json');
const suffix = (t: number): string => `t${String(t).padStart(2, '0')}`;

/** Feeds of a loop file: its tensors, the noises one by one, and the network. */
async function loopFeeds(golden: Record<string, HostArray>, size: Size): Promise<Record<string, HostArray>> {
  const { tree } = await goldenUNet(size);
  const feeds = groupFeeds({ unet: tree });
  for (const name of ['lq', 'y', 'z_y', 'z_x']) if (golden[name]) feeds[name] = golden[name];
  const noises = golden['noises'];
  for (let k = 0; noises && k < noises.shape[0]!; k += 1) feeds[`noises/${k}`] = item(noises, k);
  return feeds;
}

// Op by op only: the compiled form of a loop is the compiled form of its steps (steps.golden.test.ts), many times over.
describe.each([
  { name: 'loop_micro', size: 'micro' },
  { name: 'loop_micro_respaced', size: 'micro' },
  { name: 'loop_tiny', size: 'tiny' },
] as { name: string; size: Size }[])('$name', ({ name, size }) => {
  const file = ['diffusion', `${name}.safetensors`];
  it.skipIf(!hasGolden(...file))(
    goldenTitle('takes the same steps, stochastic and deterministic', ...file),
    async () => {
      const golden = await goldenTensors(...file);
      const kept = info[name]!.timestep_map!;
      const full = goldenProcess();
      const process = kept.length < full.schedule.steps ? goldenProcess({ timestep_respacing: kept.length }) : full;
      expect(process.schedule.timestepMap).toEqual(kept);
      const { config } = await goldenUNet(size);
      const feeds = await loopFeeds(golden, size);
      const before = tf.memory().numTensors;
      const body = (inputs: Tensors): Tensors => {
        const found: Record<string, Tensor> = {};
        const watch =
          (prefix: string): SamplerWatcher =>
          ({ t, z0, z }) => {
            found[`${prefix}pred_xstart_${suffix(t)}`] = z0;
            found[`${prefix}sample_after_${suffix(t)}`] = z;
          };
        const { schedule } = process;
        const [lq, zy] = [inputs['lq']!, inputs['y']!];
        const noises = Object.values(groupOf(inputs, 'noises'));
        const denoise = resshift({ process, unet: config }, groupOf(inputs, 'unet'), { lq, zy });
        const zT = priorSample(schedule, zy, noises[0]!);
        const final = sampleStochastic(schedule, denoise, zy, noises, watch(''));
        const ddimFinal = sampleDeterministic(schedule, denoise, zy, zT, watch('ddim_'));
        return { ...found, z_T: zT, ddim_z_T: zT, final, ddim_final: ddimFinal };
      };
      const found = await evaluate('eager', body, feeds);
      const compared = Object.keys(golden).filter((key) => !['lq', 'y', 'noises'].includes(key));
      for (const key of compared) expect(maxDifference(found[key]!, golden[key]!), key).toBeLessThan(TOLERANCE);
      // The last step returns the estimate itself.
      expect(found['final']).toEqual(found[`pred_xstart_${suffix(0)}`]);
      expect(found['ddim_final']).toEqual(found[`ddim_pred_xstart_${suffix(0)}`]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('ddim_inverse_micro', () => {
  it('walks back the same way', async () => {
    const golden = await goldenTensors('diffusion', 'ddim_inverse_micro.safetensors');
    const process = goldenProcess();
    const { config } = await goldenUNet('micro');
    const found = await evaluate(
      'eager',
      (inputs) => {
        const steps: Record<string, Tensor> = {};
        const [lq, zy] = [inputs['lq']!, inputs['z_y']!];
        const denoise = resshift({ process, unet: config }, groupOf(inputs, 'unet'), { lq, zy });
        invertDeterministic(process.schedule, denoise, zy, inputs['z_x']!, ({ t, z }) => {
          steps[`inverse_after_${suffix(t)}`] = z;
        });
        return steps;
      },
      await loopFeeds(golden, 'micro'),
    );
    expect(Object.keys(found)).toHaveLength(process.schedule.steps - 1);
    for (const [key, value] of Object.entries(found)) {
      expect(maxDifference(value, golden[key]!) / maxAbs(golden[key]!), key).toBeLessThan(TOLERANCE);
    }
  });
});

describe('sampleOneStep', () => {
  it('is the first estimate of the loop', async () => {
    const golden = await goldenTensors('diffusion', 'loop_micro.safetensors');
    const process = goldenProcess();
    const { config } = await goldenUNet('micro');
    const { z0 } = await evaluate(
      'eager',
      (inputs) => {
        const [lq, zy] = [inputs['lq']!, inputs['y']!];
        const denoise = resshift({ process, unet: config }, groupOf(inputs, 'unet'), { lq, zy });
        return { z0: sampleOneStep(process.schedule, denoise, inputs['z_T']!) };
      },
      { ...(await loopFeeds(golden, 'micro')), z_T: golden['z_T']! },
    );
    const last = `pred_xstart_${suffix(process.schedule.steps - 1)}`;
    expect(maxDifference(z0!, golden[last]!)).toBeLessThan(TOLERANCE);
  });
});
