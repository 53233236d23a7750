/** @file Options of the residual-shifting diffusion process (one set per teacher checkpoint). */

/** What the network's output stands for: the clean latent, the residual `zy - z0`, the noise, or the noise times its std. */
export type PredictType = 'xstart' | 'residual' | 'epsilon' | 'epsilon_scale';

/** Options of the process; the defaults of a run file are those of the published 15-step RealSR model. */
export interface DiffusionConfig {
  /** Number of timesteps T >= 2; index 0 is the least noisy. */
  readonly steps: number;
  readonly scheduleName: 'exponential';
  /** Curvature of the exponent over time, > 0. */
  readonly power: number;
  /** Last value of **sqrt(eta)**, in (0, 1). */
  readonly etasEnd: number;
  /** Noise std at t = 0 in units of the latent (before the start rule), > 0. */
  readonly minNoiseLevel: number;
  /** Noise std per unit of sqrt(eta), > 0. */
  readonly kappa: number;
  /** Caps the first sqrt(eta) at sqrt(0.001): SinSR and RSD do, the 4-step ResShift models must not. */
  readonly cappedStart: boolean;
  readonly predictType: PredictType;
  /** Divides the network's input by its standard deviation (latents) or its range (pixels). */
  readonly normalizeInput: boolean;
  /** True for latents, false for diffusion on pixels. */
  readonly latentFlag: boolean;
  /** Factor between the autoencoder's latent and the one the diffusion works on. */
  readonly scaleFactor: number;
  /** Super-resolution factor: the low-resolution image is enlarged by it before encoding. */
  readonly sf: number;
  /** Number of kept timesteps S, 2 <= S <= T; all when absent. */
  readonly timestepRespacing?: number | null;
}
