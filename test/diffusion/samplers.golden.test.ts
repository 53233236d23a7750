/** @file Whole sampling loops against the reference code's, every step of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { priorSample } from '../../src/diffusion/forward_process.js';
import { sampleOneStep } from '../../src/diffusion/samplers.js';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf } from '../../src/engine/tfjs.js';
import type { Engine } from '../../src/engine/types.js';
import { treeToMemory } from '../../src/models/layout.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';
import { resshift } from '../../src/teacher/denoiser.js';
import { engineKinds, prepareFor } from '../helpers/evaluate.js';
import { goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenProcess, goldenUNet, type Size } from '../helpers/golden_models.js';
import { goldenJson, goldenTensors, items, maxAbs, maxDifference } from '../helpers/golden_tensors.js';
import { pathWalker, type PathWalker } from '../helpers/sampling.js';

// Golden README, rows diffusion/loop_* and diffusion/ddim_inverse_micro (there relative to the largest value).
const TOLERANCE = 1e-4;
const UNET = 'unet';

const info = goldenJson<Record<string, { timestep_map?: number[] }>>('diffusion', 'info.json');
const suffix = (t: number): string => `t${String(t).padStart(2, '0')}`;

interface Loop {
  readonly name: string;
  readonly size: Size;
}
const loops: readonly Loop[] = [
  { name: 'loop_micro', size: 'micro' },
  { name: 'loop_micro_respaced', size: 'micro' },
  { name: 'loop_tiny', size: 'tiny' },
];

describe.each(engineKinds)('sampling, %s', (kind) => {
  let engine: Engine;
  const configs = new Map<Size, UNetConfig>();
  const walkers = new Map<string, PathWalker>();

  beforeAll(() => {
    engine = createEngine({ kind });
  });
  afterAll(() => {
    engine.dispose();
  });

  /** The process with all or some of its timesteps. */
  function processOf(name: string): ReturnType<typeof goldenProcess> {
    const full = goldenProcess();
    const kept = info[name]?.timestep_map ?? full.schedule.timestepMap;
    const respaced = kept.length < full.schedule.steps;
    const process = respaced ? goldenProcess({ timestep_respacing: kept.length }) : full;
    expect(process.schedule.timestepMap).toEqual(kept);
    return process;
  }

  /** The network, with its parameters resident. */
  async function networkOf(size: Size): Promise<{ group: string; unet: UNetConfig }> {
    const group = `${UNET} ${size}`;
    if (!configs.has(size)) {
      const { config, tree } = await goldenUNet(size);
      configs.set(size, config);
      await engine.define({ [group]: treeToMemory(tree) });
    }
    return { group, unet: configs.get(size)! };
  }

  /** One walker for each network and process. */
  async function walkerOf({ name, size }: Loop): Promise<PathWalker> {
    const { group, unet } = await networkOf(size);
    const process = processOf(name);
    const key = `${size} ${process.schedule.steps}`;
    const walker = walkers.get(key) ?? pathWalker(engine, { process, unet }, group);
    walkers.set(key, walker);
    return walker;
  }

  describe.each(loops)('$name', (loop) => {
    const file = ['diffusion', `${loop.name}.safetensors`];
    it.skipIf(!hasGolden(...file))(
      goldenTitle('takes the same steps, stochastic and deterministic', ...file),
      async () => {
        const golden = await goldenTensors(...file);
        const { schedule } = processOf(loop.name);
        const { lq, y: zy } = golden as Record<'lq' | 'y', HostArray>;
        const noises = items(golden['noises']!);
        const walk = await walkerOf(loop);
        const before = tf.memory().numTensors;
        const prior = { zy, noise: noises[0]! };
        const { z } = await prepareFor(engine, prior, (inputs) => ({
          z: priorSample(schedule, inputs['zy']!, inputs['noise']!),
        })).run(prior);
        const found: Record<string, HostArray> = { z_T: z!, ddim_z_T: z! };
        for (const [sampler, prefix] of [
          ['stochastic', ''],
          ['deterministic', 'ddim_'],
        ] as const) {
          const steps = await walk(sampler, { lq, zy, z: z!, noises });
          for (const step of steps) {
            found[`${prefix}pred_xstart_${suffix(step.t)}`] = step.z0;
            found[`${prefix}sample_after_${suffix(step.t)}`] = step.z;
          }
          found[`${prefix}final`] = steps.at(-1)!.z;
          // The last step returns the estimate itself.
          expect(steps.at(-1)).toMatchObject({ t: 0, z: steps.at(-1)!.z0 });
        }
        const compared = Object.keys(golden).filter((key) => !['lq', 'y', 'noises'].includes(key));
        expect(compared.length).toBeGreaterThan(0);
        for (const key of compared) expect(maxDifference(found[key]!, golden[key]!), key).toBeLessThan(TOLERANCE);
        expect(tf.memory().numTensors).toBe(before);
      },
    );
  });

  it('ddim_inverse_micro walks back the same way', async () => {
    const golden = await goldenTensors('diffusion', 'ddim_inverse_micro.safetensors');
    const walk = await walkerOf({ name: 'ddim_inverse_micro', size: 'micro' });
    const steps = await walk('inverse', { lq: golden['lq']!, zy: golden['z_y']!, z: golden['z_x']! });
    expect(steps).toHaveLength(goldenProcess().schedule.steps - 1);
    for (const { t, z } of steps) {
      const expected = golden[`inverse_after_${suffix(t)}`]!;
      expect(maxDifference(z, expected) / maxAbs(expected), suffix(t)).toBeLessThan(TOLERANCE);
    }
  });

  it('in one step is the first estimate of the loop', async () => {
    const golden = await goldenTensors('diffusion', 'loop_micro.safetensors');
    const process = goldenProcess();
    const { group, unet } = await networkOf('micro');
    const feeds = { lq: golden['lq']!, zy: golden['y']!, zT: golden['z_T']! };
    const { z0 } = await prepareFor(engine, feeds, ({ lq, zy, zT }, state) => {
      const denoise = resshift({ process, unet }, state.read(group), { lq: lq!, zy: zy! });
      return { z0: sampleOneStep(process.schedule, denoise, zT!) };
    }).run(feeds);
    const last = `pred_xstart_${suffix(process.schedule.steps - 1)}`;
    expect(maxDifference(z0!, golden[last]!)).toBeLessThan(TOLERANCE);
  });
});
