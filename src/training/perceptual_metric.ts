/** @file The perceptual metric of a run by its configured name: frozen parameters and the distance. */
import type { Tensor } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import type { HostTree } from '../weights/tree.js';

/** A frozen metric whose parameters are resident. */
export interface PerceptualMetric {
  /** Frozen groups to define in the engine, memory layout. */
  readonly groups: Readonly<Record<string, HostTree>>;
  /** Distance of each pair of images [B,H,W,3] in [-1,1]: [B]. */
  distance(state: StateAccess, a: Tensor, b: Tensor): Tensor;
}

/** Loads the metric; undefined when it is switched off. @throws UserError if its file is missing or does not fit. */
export async function perceptualMetric(
  { metric }: { readonly metric: string; readonly weights: string },
  weight: number,
): Promise<PerceptualMetric | undefined> {
  if (metric === 'none' || weight === 0) return Promise.resolve(undefined);
  throw new Error('unavailable');
}
