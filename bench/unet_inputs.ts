/** @file The U-Net of a size with fresh weights, and inputs for it. */
import type { HostArray } from '../src/engine/host_array.js';
import type { TensorSpec } from '../src/engine/types.js';
import { freshParams } from '../src/models/fresh.js';
import { treeToMemory } from '../src/models/layout.js';
import type { UNetConfig } from '../src/nn/unet_config.js';
import { unetSpecs } from '../src/nn/unet_specs.js';
import { drawChoice, drawNormal } from '../src/optimizer/draws.js';
import type { HostTree } from '../src/weights/tree.js';
import type { Case } from './benchmark.js';
import { latentSide, sizedRun } from './sizes.js';

/** A network and what it is fed. */
export interface UNetCase {
  readonly config: UNetConfig;
  /** Memory layout. */
  readonly tree: HostTree;
  /** `x` and `lq` [B,h,w,3], `t` int32 [B]. */
  readonly feeds: Readonly<Record<'x' | 'lq' | 't', HostArray>>;
  /** Specs of the feeds. */
  readonly inputs: Readonly<Record<'x' | 'lq' | 't', TensorSpec>>;
}

/** The teacher's network of a case's size, with seeded weights and inputs. */
export async function unetCase({ size, batch }: Case): Promise<UNetCase> {
  const run = await sizedRun(size, batch);
  const config: UNetConfig = { ...run.teacher.unet, noiseChannels: 0 };
  const side = latentSide(run);
  const lqSide = run.data.gtSize / run.data.scale;
  const key = { seed: run.seed, update: 'benchmark', iteration: 1 };
  const samples = { first: 0, count: batch };
  const steps = Array.from({ length: run.diffusion.steps }, (_, t) => t);
  return {
    config,
    tree: treeToMemory(freshParams(unetSpecs(config), run.seed)),
    feeds: {
      x: drawNormal(key, 'x', samples, [side, side, config.outChannels]),
      lq: drawNormal(key, 'lq', samples, [lqSide, lqSide, 3]),
      t: drawChoice(key, 't', samples, steps),
    },
    inputs: {
      x: { shape: [batch, side, side, config.outChannels], dtype: 'float32' },
      lq: { shape: [batch, lqSide, lqSide, 3], dtype: 'float32' },
      t: { shape: [batch], dtype: 'int32' },
    },
  };
}
