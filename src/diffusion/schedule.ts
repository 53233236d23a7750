/** @file Noise schedule of residual shifting: every table the method needs, in float64, one entry per timestep. */
import { UserError } from '../errors/user_error.js';
import type { DiffusionConfig } from './config.js';

/** Largest first sqrt(eta) under the capped start rule. */
const START_CAP = Math.sqrt(0.001);

/** Tables over the process's timesteps, index 0 the least noisy. Each is computed in float64 and rounded once when used. */
export interface Schedule {
  /** Number of timesteps of this (possibly respaced) process. */
  readonly steps: number;
  readonly kappa: number;
  /** Process index -> index the network was trained with. */
  readonly timestepMap: readonly number[];
  readonly sqrtEtas: Float64Array;
  readonly etas: Float64Array;
  readonly oneMinusEtas: Float64Array;
  /** eta of the timestep before; 0 at t = 0. */
  readonly etasPrev: Float64Array;
  /** eta_t - eta_{t-1}. */
  readonly alphas: Float64Array;
  /** Std of q(z_t | z_0, z_y): kappa * sqrt(eta). */
  readonly noiseStd: Float64Array;
  /** kappa^2 * eta. */
  readonly noiseVariance: Float64Array;
  /** Weight of z_t in the posterior mean. */
  readonly posteriorMeanCoef1: Float64Array;
  /** Weight of z_0 in the posterior mean. */
  readonly posteriorMeanCoef2: Float64Array;
  readonly posteriorVariance: Float64Array;
  /** The t = 1 value stands in at t = 0, whose variance is zero. */
  readonly posteriorVarianceClipped: Float64Array;
  readonly posteriorLogVarianceClipped: Float64Array;
  /** Std of the noise a stochastic step adds: exp(log variance / 2), and 0 at t = 0. */
  readonly stepNoiseStd: Float64Array;
  /** Factor on the network's input (1 when `normalizeInput` is off). */
  readonly inputScale: Float64Array;
  /** Weights of z_0, z_t and z_y in the deterministic step; they sum to 1. */
  readonly ddimK: Float64Array;
  readonly ddimM: Float64Array;
  readonly ddimJ: Float64Array;
  /** Weights of the weighted ResShift loss for outputs in units of the latent (xstart, residual). */
  readonly weightStart: Float64Array;
  /** The same for noise-like outputs (epsilon, epsilon_scale). */
  readonly weightNoise: Float64Array;
}

function requirePositive(
  config: DiffusionConfig,
  keys: readonly ('power' | 'minNoiseLevel' | 'kappa' | 'etasEnd')[],
): void {
  for (const key of keys) {
    const value = config[key];
    if (!(Number.isFinite(value) && value > 0)) {
      throw new UserError('must be a positive number', { key: `diffusion.${key}`, found: String(value) });
    }
  }
}

/**
 * sqrt(eta_t) of the exponential schedule: s * b^((T-1) (t/(T-1))^p), from the start value s to `etasEnd`.
 * @throws UserError for fewer than two steps or values that make no increasing schedule.
 */
export function exponentialSqrtEtas(config: DiffusionConfig): Float64Array {
  const { steps, minNoiseLevel, kappa, etasEnd, power } = config;
  if (!Number.isInteger(steps) || steps < 2) {
    throw new UserError('the schedule needs at least two timesteps', {
      key: 'diffusion.steps',
      expected: 'an integer >= 2',
      found: String(steps),
    });
  }
  requirePositive(config, ['power', 'minNoiseLevel', 'kappa', 'etasEnd']);
  const start = Math.min(minNoiseLevel / kappa, minNoiseLevel, config.cappedStart ? START_CAP : Infinity);
  if (!(start < etasEnd && etasEnd < 1)) {
    throw new UserError('the schedule must grow and end below 1', {
      key: 'diffusion.etasEnd',
      expected: `a value between the start ${start} and 1`,
      found: String(etasEnd),
    });
  }
  const base = Math.exp(Math.log(etasEnd / start) / (steps - 1));
  return Float64Array.from({ length: steps }, (_, t) => start * base ** ((steps - 1) * (t / (steps - 1)) ** power));
}

/**
 * Original indices kept by respacing T timesteps to S: floor(T/S * i), i = 0..S-1.
 * @throws UserError unless 2 <= S <= T (one timestep alone has no schedule: use one-step sampling of the full process).
 */
export function respacedTimesteps(steps: number, kept: number): number[] {
  if (!Number.isInteger(kept) || kept < 2 || kept > steps) {
    throw new UserError('cannot keep this number of timesteps', {
      key: 'diffusion.timestepRespacing',
      expected: `an integer from 2 to ${steps}`,
      found: String(kept),
      remedy:
        kept === 1 ? 'For a single evaluation use the one-step sampler of the full schedule' : 'Change the number',
    });
  }
  return Array.from({ length: kept }, (_, i) => Math.floor((steps / kept) * i));
}

/**
 * All tables of a process. With respacing the kept sqrt(eta) values are a schedule of their own.
 * @throws UserError for impossible options (see {@link exponentialSqrtEtas}, {@link respacedTimesteps}).
 */
export function createSchedule(config: DiffusionConfig): Schedule {
  const full = exponentialSqrtEtas(config);
  const kept = config.timestepRespacing;
  const timestepMap =
    kept === undefined || kept === null ? Array.from(full.keys()) : respacedTimesteps(config.steps, kept);
  const sqrtEtas = Float64Array.from(timestepMap, (t) => full[t]!);
  return { timestepMap, ...deriveTables(sqrtEtas, config) };
}

function deriveTables(sqrtEtas: Float64Array, config: DiffusionConfig): Omit<Schedule, 'timestepMap'> {
  const { kappa, normalizeInput, latentFlag } = config;
  const table = (entry: (t: number) => number): Float64Array => sqrtEtas.map((_, t) => entry(t));
  const etas = table((t) => sqrtEtas[t]! ** 2);
  const etasPrev = table((t) => (t === 0 ? 0 : etas[t - 1]!));
  const alphas = table((t) => etas[t]! - etasPrev[t]!);
  const posteriorVariance = table((t) => (kappa ** 2 * etasPrev[t]! * alphas[t]!) / etas[t]!);
  const posteriorVarianceClipped = table((t) => posteriorVariance[Math.max(t, 1)]!);
  const posteriorLogVarianceClipped = posteriorVarianceClipped.map(Math.log);
  const shift = table((t) => Math.sqrt(etasPrev[t]! * etas[t]!));
  const ratio = table((t) => Math.sqrt(etasPrev[t]! / etas[t]!));
  const inputDivisor = (t: number): number =>
    latentFlag ? Math.sqrt(kappa ** 2 * etas[t]! + 1) : 3 * kappa * sqrtEtas[t]! + 1;
  const halfInverseVariance = (t: number): number => 0.5 / posteriorVarianceClipped[t]!;
  return {
    steps: sqrtEtas.length,
    kappa,
    sqrtEtas,
    etas,
    oneMinusEtas: table((t) => 1 - etas[t]!),
    etasPrev,
    alphas,
    noiseStd: table((t) => kappa * sqrtEtas[t]!),
    noiseVariance: table((t) => kappa ** 2 * etas[t]!),
    posteriorMeanCoef1: table((t) => etasPrev[t]! / etas[t]!),
    posteriorMeanCoef2: table((t) => alphas[t]! / etas[t]!),
    posteriorVariance,
    posteriorVarianceClipped,
    posteriorLogVarianceClipped,
    stepNoiseStd: table((t) => (t === 0 ? 0 : Math.exp(0.5 * posteriorLogVarianceClipped[t]!))),
    inputScale: table((t) => (normalizeInput ? 1 / inputDivisor(t) : 1)),
    ddimK: table((t) => 1 - etasPrev[t]! + shift[t]! - ratio[t]!),
    ddimM: ratio,
    ddimJ: table((t) => etasPrev[t]! - shift[t]!),
    weightStart: table((t) => halfInverseVariance(t) * (alphas[t]! / etas[t]!) ** 2),
    weightNoise: table((t) => halfInverseVariance(t) * ((kappa * alphas[t]!) / ((1 - etas[t]!) * sqrtEtas[t]!)) ** 2),
  };
}
