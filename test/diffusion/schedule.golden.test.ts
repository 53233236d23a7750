/** @file The schedule's tables against the reference code's, in float64. */
import { describe, expect, it } from 'vitest';
import { createSchedule, type Schedule } from '../../src/diffusion/schedule.js';
import { toDiffusionConfig, type OfficialDiffusion } from '../helpers/golden_diffusion.js';
import { goldenJson } from '../helpers/golden_tensors.js';

interface GoldenTable {
  name: string;
  config?: OfficialDiffusion;
  [table: string]: unknown;
}

// Golden name -> our table.
const TABLES: readonly [string, (schedule: Schedule) => Float64Array][] = [
  ['sqrt_etas', (s) => s.sqrtEtas],
  ['etas', (s) => s.etas],
  ['etas_prev', (s) => s.etasPrev],
  ['alpha', (s) => s.alphas],
  ['posterior_mean_coef1', (s) => s.posteriorMeanCoef1],
  ['posterior_mean_coef2', (s) => s.posteriorMeanCoef2],
  ['posterior_variance', (s) => s.posteriorVariance],
  ['posterior_variance_clipped', (s) => s.posteriorVarianceClipped],
  ['posterior_log_variance_clipped', (s) => s.posteriorLogVarianceClipped],
  ['weight_loss_mse_xstart_residual', (s) => s.weightStart],
  ['weight_loss_mse_epsilon', (s) => s.weightNoise],
  ['q_std', (s) => s.noiseStd],
  ['ddim_k', (s) => s.ddimK],
  ['ddim_m', (s) => s.ddimM],
  ['ddim_j', (s) => s.ddimJ],
  ['scale_input_std_latent', (s) => s.inputScale.map((scale) => 1 / scale)],
];

function worstRelativeError(found: ArrayLike<number>, expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return expected.reduce((worst, value, i) => {
    const error = Math.abs(found[i]! - value);
    return Math.max(worst, value === 0 ? error : error / Math.abs(value));
  }, 0);
}

const { tables } = goldenJson<{ tables: GoldenTable[] }>('schedule.json');

describe('schedule tables', () => {
  for (const golden of tables.filter((table) => table.config)) {
    it(golden.name, () => {
      const config = toDiffusionConfig(golden.config!, false);
      const schedule = createSchedule(config);
      expect(schedule.timestepMap).toEqual(golden['timestep_map']);
      for (const [name, table] of TABLES) {
        expect(worstRelativeError(table(schedule), golden[name] as number[]), name).toBeLessThan(1e-12);
      }
      expect(Math.abs(schedule.noiseStd[schedule.steps - 1]! - (golden['prior_std'] as number))).toBeLessThan(1e-12);
      expect(worstRelativeError(schedule.inputScale, golden['scale_input_factor_latent'] as number[])).toBeLessThan(
        2e-7,
      );
      const pixels = createSchedule({ ...config, latentFlag: false });
      expect(worstRelativeError(pixels.inputScale, golden['scale_input_factor_pixel'] as number[])).toBeLessThan(2e-7);
    });
  }

  it('weights of the noise-like outputs of the RSD schedule', () => {
    const base = tables.find((table) => table.name === 'RSD/RSD')!;
    const schedule = createSchedule(toDiffusionConfig(base.config!, true));
    const noiseLike = tables.filter((table) => !table.config && table.name.includes('predict_type=epsilon'));
    expect(noiseLike.length).toBeGreaterThan(0);
    for (const golden of noiseLike) {
      const expected = golden['weight_loss_mse'] as number[];
      expect(worstRelativeError(schedule.weightNoise, expected)).toBeLessThan(1e-12);
    }
  });
});
