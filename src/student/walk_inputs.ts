/** @file Inputs of a student that it makes itself, from low-resolution images alone: its latents on the way down its timesteps. */
import type { NoiseSource } from '../diffusion/picture_noise.js';
import type { HostArray } from '../engine/host_array.js';
import { drawNormal, type DrawKey, type SampleRange } from '../optimizer/draws.js';
import type { LatentWalk } from '../teacher/walk.js';

/** Noise of a walk in training: one draw for each purpose and step. */
export const walkNoise =
  (key: DrawKey, range: SampleRange): NoiseSource =>
  (purpose, shape, step = 0) =>
    drawNormal(key, `walk ${purpose} ${step}`, range, shape.slice(1));

/**
 * Each sample's latent at its timestep; the walk ends where no sample is left that goes further down.
 * @param lq [B, h, w, 3] in [-1, 1].
 * @param tn Timesteps of the walk, int32 [B].
 * @returns [B, h, w, C].
 */
export async function walkInputs(
  walk: LatentWalk,
  lq: HostArray,
  tn: HostArray,
  key: DrawKey,
  range: SampleRange,
): Promise<HostArray> {
  const lowest = Math.min(...tn.data);
  let latents: HostArray | undefined;
  const take = (t: number, from: HostArray): void => {
    latents ??= { shape: from.shape, data: new Float32Array(from.data.length) };
    const size = from.data.length / tn.data.length;
    tn.data.forEach((own, sample) => {
      const part = from.data.subarray(sample * size, (sample + 1) * size);
      if (own === t) latents!.data.set(part, sample * size);
    });
  };
  for await (const { t, z, next, after } of walk.steps(lq, walkNoise(key, range))) {
    if (!latents) take(t, z);
    if (next === undefined) break;
    take(next, after);
    if (next <= lowest) break;
  }
  return latents!;
}
