/** @file What is drawn at random for one update of a distillation, by name: its tensors' shapes, and their values. */
import type { RsdConfig } from '../config/schema.js';
import type { HostArray, TensorSpec } from '../engine/types.js';
import { drawChoice, drawNormal, type DrawKey, type SampleRange } from '../optimizer/draws.js';

/** One of some timesteps, or normal noise of a shape, for each sample. */
export type Draw = { readonly choices: readonly number[] } | { readonly normal: readonly number[] };

/** What the draws follow from. */
export interface DrawContext {
  readonly rsd: Pick<RsdConfig, 'timesteps' | 'inputs' | 'noiseChannels' | 'gan'>;
  /** Shape of one latent [h, w, C]. */
  readonly latent: readonly [number, number, number];
  /** Timesteps of the process. */
  readonly timesteps: readonly number[];
  /** Whether there is a discriminator. */
  readonly gan: boolean;
  /** Whether the student update makes a pass of its own from the last timestep. */
  readonly lastPass: boolean;
}

/** Draws of an update; names are those of `StudentInputs`. */
export function updateDraws(context: DrawContext, update: 'fake' | 'student'): Readonly<Record<string, Draw>> {
  const { rsd, latent, timesteps, gan, lastPass } = context;
  const noise: Draw = { normal: latent };
  const eps: Draw = { normal: [latent[0], latent[1], rsd.noiseChannels] };
  const own = rsd.noiseChannels > 0;
  const noisyGan = gan && rsd.gan.noisy;
  return {
    tn: { choices: rsd.timesteps },
    t: { choices: timesteps },
    ...(rsd.inputs === 'real' ? { noiseTn: noise } : {}),
    noiseT: noise,
    ...(own ? { eps } : {}),
    ...(noisyGan ? { tGan: { choices: timesteps }, noiseGan: noise } : {}),
    ...(noisyGan && update === 'fake' ? { noiseGanReal: noise } : {}),
    ...(lastPass && update === 'student' ? { noiseLast: noise, ...(own ? { epsLast: eps } : {}) } : {}),
  };
}

/** The tensor of a draw for `size` samples. */
export function drawSpec(draw: Draw, size: number): TensorSpec {
  return 'choices' in draw ? { shape: [size], dtype: 'int32' } : { shape: [size, ...draw.normal], dtype: 'float32' };
}

/** Values of draws for some samples. */
export function drawAll(
  draws: Readonly<Record<string, Draw>>,
  key: DrawKey,
  range: SampleRange,
): Record<string, HostArray> {
  const entries = Object.entries(draws).map(([name, draw]): [string, HostArray] => [
    name,
    'choices' in draw ? drawChoice(key, name, range, draw.choices) : drawNormal(key, name, range, draw.normal),
  ]);
  return Object.fromEntries(entries);
}
