/** @file What is drawn at random for one update of a distillation, by name. */
import type { RsdConfig } from '../config/schema.js';
import type { Draw } from '../optimizer/draws.js';

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
