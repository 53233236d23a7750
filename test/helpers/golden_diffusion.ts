/** @file Diffusion options as golden data states them (official key names). */
import type { DiffusionConfig, PredictType } from '../../src/diffusion/config.js';

/** Official keys of the diffusion section. */
export interface OfficialDiffusion {
  sf: number;
  schedule_name: string;
  schedule_kwargs: { power: number };
  etas_end: number;
  steps: number;
  min_noise_level: number;
  kappa: number;
  predict_type: PredictType;
  timestep_respacing: number | null;
  scale_factor: number;
  normalize_input: boolean;
  latent_flag: boolean;
}

/** Our options. The start rule is not among the official keys: schedule.json is uncapped, the other golden data capped. */
export function toDiffusionConfig(official: OfficialDiffusion, cappedStart: boolean): DiffusionConfig {
  if (official.schedule_name !== 'exponential') throw new Error(`golden schedule ${official.schedule_name} is unknown`);
  return {
    steps: official.steps,
    scheduleName: 'exponential',
    power: official.schedule_kwargs.power,
    etasEnd: official.etas_end,
    minNoiseLevel: official.min_noise_level,
    kappa: official.kappa,
    cappedStart,
    predictType: official.predict_type,
    normalizeInput: official.normalize_input,
    latentFlag: official.latent_flag,
    scaleFactor: official.scale_factor,
    sf: official.sf,
    timestepRespacing: official.timestep_respacing,
  };
}
