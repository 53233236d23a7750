/** @file Rules between keys, checked before anything is built: batches, timesteps. Sizes are in `check_sizes.ts`. */
import { checkData } from './check_data.js';
import { checkSizes } from './check_sizes.js';
import { failIn, type Fail, type NamedRun } from './fail.js';
import { hasFake } from './methods.js';
import type { ParsedRun, RunConfig } from './schema.js';

function checkBatch({ train }: RunConfig, fail: Fail): void {
  if (train.batch % train.microBatch !== 0) {
    fail('train.microBatch', 'the batch does not divide into equal parts', {
      expected: `a divisor of train.batch = ${train.batch}`,
      found: `${train.microBatch}`,
    });
  }
}

function checkTimesteps({ rsd, diffusion }: RunConfig, fail: Fail): void {
  const last = diffusion.steps - 1;
  const { timesteps } = rsd;
  const found = `[${timesteps.join(', ')}]`;
  const expected = `0-based timesteps up to ${last} (diffusion.steps - 1), each once, ${last} among them`;
  if (timesteps.some((t) => t > last)) fail('rsd.timesteps', 'a timestep is out of range', { expected, found });
  if (new Set(timesteps).size !== timesteps.length)
    fail('rsd.timesteps', 'a timestep is listed twice', { expected, found });
  if (!timesteps.includes(last)) {
    fail('rsd.timesteps', 'the last timestep is missing: the student restores from it', { expected, found });
  }
}

function checkScheduler({ train: { scheduler } }: RunConfig, fail: Fail): void {
  const { name, milestones } = scheduler;
  if (name !== 'milestones') return;
  const ascending = milestones?.every((milestone, i) => i === 0 || milestone > milestones[i - 1]!);
  if (ascending) return;
  fail('train.scheduler.milestones', 'the scheduler milestones needs them', {
    expected: 'ascending iterations',
    found: milestones ? `[${milestones.join(', ')}]` : 'none',
  });
}

function checkBestMetric({ method, train, rsd }: RunConfig, fail: Fail): void {
  if (train.bestMetric === undefined) return;
  const perceptual = hasFake(method) && rsd.perceptual.weight > 0 && rsd.perceptual.metric !== 'none';
  const own = ['psnrRgb', 'psnr', 'ssim', ...(perceptual ? ['perceptual'] : [])];
  const all = [...own, ...train.validationMetrics];
  if (all.includes(train.bestMetric)) return;
  fail('train.bestMetric', 'the validation of this run has no such metric', {
    expected: `${all.join(', ')}, or one named in train.validationMetrics${perceptual ? '' : ', or a perceptual term (rsd.perceptual)'}`,
    found: train.bestMetric,
  });
}

/** Metrics that run without weights of the user. */
const COMPLETE: readonly string[] = ['niqe', 'niqe-basicsr', 'st-lpips-alex'];

function checkMetricWeights({ train }: RunConfig, fail: Fail): void {
  const given: Readonly<Record<string, unknown>> = train.metricWeights;
  const lacking = train.validationMetrics.find((name) => !COMPLETE.includes(name) && given[name] === undefined);
  if (lacking === undefined) return;
  fail(`train.metricWeights.${lacking}`, `validation by ${lacking} needs weights`, {
    expected: 'a file or several',
    remedy: 'docs/metrics.md says which',
  });
}

function checkRespacing({ diffusion }: RunConfig, fail: Fail): void {
  if (diffusion.timestepRespacing === null) return;
  fail(
    'diffusion.timestepRespacing',
    'networks are trained on all timesteps; fewer are for restoring (rsd-infer --steps)',
    {
      expected: 'null',
      found: `${diffusion.timestepRespacing}`,
    },
  );
}

/** The last timestep leaves 1 - eta = 2 % of z_0, so that an estimate from noise would multiply its error by fifty. */
function checkPrediction({ diffusion: { predictType } }: RunConfig, fail: Fail): void {
  if (predictType === 'xstart' || predictType === 'residual') return;
  fail('diffusion.predictType', 'SinSR compares estimates of the clean latent, which noise gives too coarsely', {
    expected: 'a teacher that predicts xstart or residual',
    found: predictType,
  });
}

/** Checks what resolving would hide: two ways of giving the same thing. */
export function checkParsed({ rsd, diffusion }: ParsedRun, run: NamedRun): void {
  const fail = failIn(run);
  if (rsd.timesteps && rsd.timestepCount !== undefined) {
    fail('rsd.timestepCount', 'the student timesteps are given twice', {
      expected: 'either rsd.timesteps or rsd.timestepCount',
      found: 'both',
    });
  }
  if (rsd.timestepCount !== undefined && rsd.timestepCount > diffusion.steps) {
    fail('rsd.timestepCount', 'more student timesteps than the teacher has', {
      expected: `at most diffusion.steps = ${diffusion.steps}`,
      found: `${rsd.timestepCount}`,
    });
  }
}

/**
 * Checks every rule between keys that concerns the run's method.
 * @param run named in errors
 * @throws UserError at the first rule that is broken
 */
export function checkRun(config: RunConfig, run: NamedRun): void {
  const fail = failIn(run);
  checkBatch(config, fail);
  checkScheduler(config, fail);
  checkBestMetric(config, fail);
  checkMetricWeights(config, fail);
  checkRespacing(config, fail);
  if (hasFake(config.method)) checkTimesteps(config, fail);
  if (config.method === 'sinsr') checkPrediction(config, fail);
  checkSizes(config, fail);
  checkData(config, fail);
}
