/** @file Official section `train`: length, batches, optimizer, loss terms; and what the original launcher adds. */
import { z } from 'zod';
import { count, positive, weight } from '../fields.js';
import { derived, ignored, mapped, only, same, type Outcome, type OfficialMethod, type Rule } from './rule.js';

const REQUIRED = { absent: 'required' } as const;

/** Decay rates of the original programs' AdamW where the file gives none. */
const ADAMW_BETAS = [0.9, 0.999];

/** The rule counts for one method; others do not read the key. */
function of(method: OfficialMethod, rule: Rule): Rule {
  return {
    ...rule,
    page: `${rule.page} (method ${method})`,
    read: (value, around) =>
      around.method === method ? rule.read(value, around) : { kind: 'ignored', why: `it belongs to method ${method}` },
  };
}

/** A loss term's switch; its weight is a key of its own. */
function termSwitch(key: string, weightKey: string, ours: string): Rule {
  const read = (on: boolean): Outcome => (on ? mapped({}, `${ours} is ${weightKey}`) : mapped({ [ours]: 0 }));
  const page = `\`${ours}\`: 0 when false, else \`${weightKey}\``;
  // Left out is off; but only a file of this method is asked.
  return of('rsd', derived(key, page, z.boolean(), read, { absent: { value: false } }));
}

/** A switch of one method between two of our values. */
function choice(
  method: OfficialMethod,
  key: string,
  ours: string,
  values: { readonly true: string; readonly false: string },
): Rule {
  const page = `\`${ours}\`: \`${values.true}\` when true, else \`${values.false}\``;
  return of(
    method,
    derived(key, page, z.boolean(), (on) => mapped({ [ours]: on ? values.true : values.false })),
  );
}

function termWeight(key: string, switchKey: string, ours: string): Rule {
  return of(
    'rsd',
    derived(key, `\`${ours}\`, if \`${switchKey}\``, weight, (value, around) =>
      around.value(switchKey) === true ? mapped({ [ours]: value }) : { kind: 'ignored', why: `${switchKey} is off` },
    ),
  );
}

const LENGTH: readonly Rule[] = [
  derived(
    'train.batch',
    '`train.batch`: the first number; the second, for validation, does not matter here',
    z.union([count, z.array(count).min(1)]),
    (value) => mapped({ 'train.batch': [value].flat()[0] }),
    REQUIRED,
  ),
  same('train.microbatch', 'train.microBatch', REQUIRED),
  same('train.iterations', 'train.iterations', REQUIRED),
  same('train.seed', 'seed', REQUIRED),
  same('train.save_freq', 'train.checkpointEvery', REQUIRED),
  same('train.val_freq', 'train.validateEvery', REQUIRED),
  derived(
    'train.log_freq',
    '`train.imagesEvery`: the second number; numbers are logged in every iteration',
    z.tuple([count, count], count),
    (value) => mapped({ 'train.imagesEvery': value[1] }),
  ),
];

const OPTIMIZER: readonly Rule[] = [
  same('train.lr', 'train.lr', REQUIRED),
  same('train.betas', 'train.betas', { absent: { value: ADAMW_BETAS } }),
  same('train.weight_decay', 'train.weightDecay', REQUIRED),
  same('train.ema_rate', 'train.ema', REQUIRED),
  same('train.scheduler', 'train.scheduler.name'),
  same('train.scheduler_params.T_max', 'train.scheduler.tMax'),
  same('train.scheduler_params.warmup_steps', 'train.scheduler.warmupSteps'),
  derived('train.scheduler_params.max_lr', '`train.scheduler.maxLr`', positive, (value) =>
    mapped({ 'train.scheduler.maxLr': value }),
  ),
  same('train.scheduler_params.eta_min', 'train.scheduler.etaMin'),
  derived(
    'train.milestones',
    '`train.scheduler.milestones` with the scheduler `milestones`; method rsd does not read it',
    z.array(count).min(1),
    (value, { method }) =>
      method === 'rsd'
        ? { kind: 'ignored', why: 'the learning rate of method rsd does not read it' }
        : mapped({ 'train.scheduler.name': 'milestones', 'train.scheduler.milestones': value }),
  ),
];

const TERMS: readonly Rule[] = [
  of('rsd', same('train.n_fake_loop', 'rsd.fakeUpdates')),
  of('rsd', same('train.distill_iterations', 'rsd.distillIterations')),
  of('rsd', same('train.sid_normalization', 'rsd.sidNormalization', { absent: { value: false } })),
  of('rsd', same('train.normalize_generator_loss_by_t_power_ten', 'rsd.powerTen')),
  termWeight('train.gan_loss_weight', 'model.gan_loss', 'rsd.gan.weight'),
  termSwitch('train.lpips_loss', 'train.lpips_loss_weight', 'rsd.perceptual.weight'),
  termWeight('train.lpips_loss_weight', 'train.lpips_loss', 'rsd.perceptual.weight'),
  termSwitch('train.mse_loss', 'train.mse_loss_weight', 'rsd.mse.weight'),
  termWeight('train.mse_loss_weight', 'train.mse_loss', 'rsd.mse.weight'),
  choice('rsd', 'train.mse_image_space', 'rsd.mse.space', { true: 'image', false: 'latent' }),
  choice('rsd', 'train.true_data', 'rsd.inputs', { true: 'real', false: 'generated' }),
  of('rsd', same('train.diffusion_gan', 'rsd.gan.noisy')),
  choice('rsd', 'train.ddim_sampler', 'rsd.renoise', { true: 'deterministic', false: 'stochastic' }),
  choice('rsd', 'train.one_step_inference', 'rsd.validateSteps', { true: 'one', false: 'all' }),
  only('train.clip_loss', false, 'no term of CLIP embeddings'),
  only('train.cycle_loss', false, 'no cycle term'),
  ignored('train.ddgan_loss_weight', 'model.ddgan_loss is off'),
  ignored('train.clip_loss_weight', 'train.clip_loss is off'),
  ignored('train.cycle_loss_weight', 'train.cycle_loss is off'),
  of('sinsr', same('train.learn_xT', 'sinsr.inverse', { absent: { value: false } })),
  of(
    'sinsr',
    derived(
      'train.finetune_use_gt',
      '`sinsr.hrWeight`',
      weight.nullable(),
      (value) => mapped({ 'sinsr.hrWeight': value ?? 0 }),
      {
        absent: { value: 0 },
      },
    ),
  ),
  of(
    'sinsr',
    derived('train.xT_cov_loss', '`sinsr.covarianceWeight`', weight.nullable(), (value) =>
      mapped({ 'sinsr.covarianceWeight': value ?? 0 }),
    ),
  ),
  choice('sinsr', 'train.distill_ddpm', 'sinsr.sampler', { true: 'stochastic', false: 'deterministic' }),
  choice('sinsr', 'train.loss_in_image_space', 'sinsr.space', { true: 'image', false: 'latent' }),
  only('train.uncertainty_hyper', 0, 'an option that the release leaves off'),
  ...['use_reflow', 'reformulated_reflow'].map((name) =>
    only(`train.${name}`, false, 'an option that the release leaves off'),
  ),
];

const MACHINERY: readonly Rule[] = [
  ignored('train.use_fp16', 'training computes in float32'),
  ignored('train.global_seeding', 'every random number follows from seed and iteration'),
  ignored('train.prefetch_factor', 'batches prepared ahead are data.prefetch; results do not depend on them'),
  ignored('train.num_workers', 'threads that prepare batches are data.workers; results do not depend on them'),
  ignored('train.save_images', 'sample images are written into the run folder'),
  ignored('train.use_ema_val', 'the moving average is what is validated'),
  same('train.tenserborad_writer', 'train.tensorboard'),
  derived(
    'trainer.target',
    'ignored: the method follows from the keys; but a trainer with LPIPS is not supported: teachers are trained on the squared error alone (a warning)',
    z.string(),
    (value): Outcome =>
      /lpips/i.test(value)
        ? { kind: 'replaced', why: 'teachers are trained on the squared error alone, without LPIPS' }
        : { kind: 'ignored', why: 'the method follows from the keys' },
  ),
  ignored('exp_name', 'the run folder is --out'),
  ignored('save_dir', 'the run folder is --out'),
  ignored('cfg_path', 'this is the file'),
  ignored('resume', 'the same command again resumes'),
];

/** Rules of the section `train` and of keys beside the sections. */
export const TRAIN_RULES: readonly Rule[] = [...LENGTH, ...OPTIMIZER, ...TERMS, ...MACHINERY];
