/** @file A run's perceptual metric as a frozen network in the engine. */
import type { RsdPerceptualConfig } from '../config/schema.js';
import type { Tensor } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { perceptualMetrics } from '../losses/perceptual.js';
import type { ParamSpec } from '../nn/param_spec.js';
import type { HostTree } from '../weights/tree.js';
import { treeToMemory } from './layout.js';
import { readPerceptual } from './perceptual_files.js';

/** Its resident group. */
export const PERCEPTUAL_GROUP = 'perceptual';

/** A frozen metric. */
export interface ResidentPerceptual {
  readonly network: { readonly group: string; readonly specs: readonly ParamSpec[]; readonly role: 'frozen' };
  /** Distance of each pair of images [B,H,W,3] in [-1,1]: [B]. */
  distance(state: StateAccess, a: Tensor, b: Tensor): Tensor;
}

/** The configured metric; undefined when it is switched off. Nothing is read yet. */
export function residentPerceptual({
  metric,
  weight,
}: Pick<RsdPerceptualConfig, 'metric' | 'weight'>): ResidentPerceptual | undefined {
  if (metric === 'none' || weight === 0) return undefined;
  const { specs, distance } = perceptualMetrics[metric];
  return {
    network: { group: PERCEPTUAL_GROUP, specs: specs(), role: 'frozen' },
    distance: (state, a, b) => distance(state.read(PERCEPTUAL_GROUP), a, b),
  };
}

/**
 * Parameters of the configured metric, memory layout.
 * @throws UserError if the file is missing or does not fit.
 */
export async function readResidentPerceptual({
  metric,
  weights,
}: Pick<RsdPerceptualConfig, 'metric' | 'weights'>): Promise<HostTree> {
  if (metric === 'none') throw new Error('no perceptual metric is configured');
  return treeToMemory(await readPerceptual(metric, weights));
}
