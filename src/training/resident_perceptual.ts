/** @file A run's perceptual metric as frozen parameters in the engine. */
import type { RsdPerceptualConfig } from '../config/schema.js';
import type { Tensor } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { perceptualMetrics } from '../losses/perceptual.js';
import { treeToMemory } from '../weights/layout.js';
import { readPerceptual } from '../weights/perceptual_files.js';
import type { HostTree } from '../weights/tree.js';

const GROUP = 'perceptual';

/** A frozen metric. */
export interface ResidentPerceptual {
  /** Groups to define in the engine, memory layout. */
  readonly groups: Readonly<Record<string, HostTree>>;
  /** Distance of each pair of images [B,H,W,3] in [-1,1]: [B]. */
  distance(state: StateAccess, a: Tensor, b: Tensor): Tensor;
}

/**
 * Loads the configured metric; undefined when it is switched off.
 * @throws UserError if its file is missing or does not fit.
 */
export async function loadPerceptual({
  metric,
  weights,
  weight,
}: Pick<RsdPerceptualConfig, 'metric' | 'weights' | 'weight'>): Promise<ResidentPerceptual | undefined> {
  if (metric === 'none' || weight === 0) return undefined;
  const tree = treeToMemory(await readPerceptual(metric, weights));
  const { distance } = perceptualMetrics[metric];
  return { groups: { [GROUP]: tree }, distance: (state, a, b) => distance(state.read(GROUP), a, b) };
}
