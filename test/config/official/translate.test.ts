/** @file Each key of an official file gets one line; what cannot be taken is an error with file, key, line and remedy. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { loadAssumedNetworks } from '../../../src/config/assumed.js';
import { configKeys } from '../../../src/config/keys.js';
import { loadRunConfig, runPlanYaml } from '../../../src/config/load.js';
import { mappingLines, officialSummary, officialWarnings } from '../../../src/config/official/mapping_text.js';
import { OFFICIAL_RULES } from '../../../src/config/official/translate.js';
import { UserError } from '../../../src/errors/user_error.js';
import { changed, officialFile, resshiftFile, rsdFile, sinsrFile, type Section } from './family.js';

async function mappingOf(values: Section): Promise<string[]> {
  return mappingLines((await loadRunConfig(await officialFile(values))).official!);
}

async function errorOf(values: Section | string, overrides: string[] = []): Promise<string> {
  const error: unknown = await loadRunConfig(await officialFile(values), overrides).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

function leaves(values: Section, prefix = ''): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? leaves(value as Section, `${prefix}${name}.`)
      : [prefix + name],
  );
}

describe('the mapping', () => {
  it.each([
    ['RSD.yaml', rsdFile()],
    ['SinSR.yaml', sinsrFile()],
    ['a teacher', resshiftFile()],
  ])('of %s has one line for each key', async (_, values) => {
    const told = (await mappingOf(values)).flatMap((line) => /^ {2}([\w.]+): /.exec(line)?.[1] ?? []);
    expect(told.toSorted()).toEqual(leaves(values).toSorted());
  });

  it('says which key of ours gets which value, what is ignored, and what is not supported', async () => {
    const lines = await mappingOf(sinsrFile());
    expect(lines).toContain('  train.ema_rate: 0.999 -> train.ema: 0.999');
    expect(lines).toContain('  (no train.betas) -> train.betas: [ 0.9, 0.999 ]');
    expect(lines.find((line) => line.includes('train.num_workers'))).toMatch(/16: threads .*data\.workers/);
    expect(lines).toContain('  degradation.jpeg_range2: [ 30, 95 ] -> data.degradation.second.jpegRange: [ 30, 95 ]');
    const trained = await mappingOf({ trainer: { target: 'trainer.TrainerWithLPIPS' }, ...resshiftFile() });
    const unsupported = trained.findIndex((line) => line.startsWith('Not supported: '));
    expect(trained.slice(unsupported)).toContain('  trainer.target: trainer.TrainerWithLPIPS');
  });

  it('is summed up for the log', async () => {
    const { official } = await loadRunConfig(await officialFile(rsdFile()));
    expect(officialSummary(official!)).toMatch(/^official file: \d+ keys mapped, \d+ without a meaning here, 0 not/);
    expect(officialWarnings(official!)).toEqual([]);
  });

  it('gives the degradation every one of its keys', async () => {
    const kernels = changed(
      changed(rsdFile(), 'data.train.params.kernel_prob2', [6, 5, 4, 3, 2, 1]),
      'data.train.params.blur_sigma',
      [1, 2],
    );
    const stages = changed(changed(kernels, 'degradation.noise_range2', [2, 3]), 'degradation.queue_size', 128);
    const { config } = await loadRunConfig(await officialFile(changed(stages, 'degradation.use_sharp', true)));
    expect(config.data.pool).toBe(128);
    expect(config.data.degradation).toMatchObject({
      kind: 'realesrgan',
      first: { kernelSize: 21, blurSigma: [1, 2], noiseRange: [1, 30] },
      second: { kernelSize: 15, kernelProb: [6, 5, 4, 3, 2, 1], noiseRange: [2, 3], resizeRange: [0.3, 1.2] },
      sharpen: true,
      resizeBack: null,
    });
  });

  it('takes LQ images that are enlarged again as images of the size of HR', async () => {
    const message = await errorOf(changed(rsdFile(), 'degradation.resize_back', true));
    expect(message).toMatch(
      /diffusion\.params\.sf .*disagree on the super-resolution factor.*data\.scale = 1; found 4/,
    );
  });

  it('does not read the keys of the degradation where it is bicubic', async () => {
    const values = changed(rsdFile(), 'data.train.type', 'bicubic');
    const { config, official } = await loadRunConfig(await officialFile(values));
    expect(config.data.degradation).toEqual({ kind: 'bicubic' });
    expect(officialWarnings(official!)).toEqual([]);
  });

  it('tells of keys it does not know and leaves them out', async () => {
    const values = { ...changed(rsdFile(), 'train.xyzzy', 3), plugh: { type: 'vgg' } };
    const { official } = await loadRunConfig(await officialFile(values));
    expect(mappingLines(official!)).toContain('  train.xyzzy: 3');
    expect(officialWarnings(official!).at(-1)).toBe('train.xyzzy, plugh.type: not known here and left out');
  });

  it('warns of a trainer that does more than ours', async () => {
    const trainer = { target: 'trainer.TrainerWithLPIPS' };
    const { official } = await loadRunConfig(await officialFile({ trainer, ...resshiftFile() }));
    expect(officialWarnings(official!)).toContainEqual(expect.stringMatching(/^trainer\.target: .*without LPIPS$/));
  });

  it('has one rule for a key, and names keys of ours that exist', () => {
    const keys = OFFICIAL_RULES.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const ours = new Set(configKeys().map(({ key }) => key));
    const named = OFFICIAL_RULES.flatMap(({ page }) =>
      [...page.matchAll(/`((?:rsd|resshift|sinsr|train|data|teacher|diffusion|autoencoder)\.[\w.]+)/g)].map(
        ([, k]) => k!,
      ),
    ).filter((key) => !keys.includes(key));
    expect(named.filter((key) => !ours.has(key))).toEqual([]);
  });
});

describe('switches and their weights', () => {
  it.each([
    ['model.gan_loss', 'rsd.gan.weight', 0],
    ['train.lpips_loss', 'rsd.perceptual.weight', 0],
    ['model.add_noise', 'rsd.noiseChannels', 0],
    ['train.sid_normalization', 'rsd.sidNormalization', false],
  ])('%s off, or left out, is %s %j', async (official, ours, off) => {
    for (const value of [false, undefined]) {
      const { config } = await loadRunConfig(await officialFile(changed(rsdFile(), official, value)));
      expect(config).toHaveProperty(ours, off);
    }
  });

  it('train.mse_loss on takes its weight and space', async () => {
    const on = changed(changed(rsdFile(), 'train.mse_loss', true), 'train.mse_loss_weight', 0.5);
    const { config } = await loadRunConfig(await officialFile(changed(on, 'train.mse_image_space', false)));
    expect(config.rsd.mse).toEqual({ weight: 0.5, space: 'latent' });
  });
});

describe('choices', () => {
  it.each([
    ['train.true_data', 'rsd.inputs', ['real', 'generated']],
    ['train.ddim_sampler', 'rsd.renoise', ['deterministic', 'stochastic']],
    ['train.one_step_inference', 'rsd.validateSteps', ['one', 'all']],
    ['train.diffusion_gan', 'rsd.gan.noisy', [true, false]],
    ['model.condition_student_timesteps', 'rsd.conditionFake', [true, false]],
    ['train.distill_ddpm', 'sinsr.sampler', ['stochastic', 'deterministic']],
    ['train.loss_in_image_space', 'sinsr.space', ['image', 'latent']],
  ] as const)('%s is %s: %j', async (official, ours, [on, off]) => {
    const values = ours.startsWith('sinsr') ? sinsrFile() : rsdFile();
    for (const [value, expected] of [
      [true, on],
      [false, off],
    ] as const) {
      const { config } = await loadRunConfig(await officialFile(changed(values, official, value)));
      expect(config).toHaveProperty(ours, expected);
    }
  });
});

describe('what the command line sets', () => {
  it('wins, in our keys', async () => {
    const file = await officialFile(rsdFile());
    const loaded = await loadRunConfig(file, [
      'train.iterations=7',
      'data.degradation={kind: bicubic}',
      'rsd.timesteps=[14]',
    ]);
    expect(loaded.config).toMatchObject({
      train: { iterations: 7 },
      rsd: { timesteps: [14] },
      data: { degradation: { kind: 'bicubic' } },
    });
  });

  it('can name the photos of a file that names none', async () => {
    const none = changed(sinsrFile(), 'data.train.params.txt_file_path', []);
    expect(await errorOf(none)).toMatch(/data\.train\.params\.\w+ \(ours: data\.train\): not allowed/);
    const { config } = await loadRunConfig(await officialFile(none), ['data.train=mine']);
    expect(config.data.train).toBe('mine');
  });
});

describe('errors', () => {
  it.each([
    [
      'train.n_fake_lop',
      3,
      /official\.yaml: train\.n_fake_lop: unknown key of an official file \(line \d+\)\. Did you mean train\.n_fake_loop\?/,
    ],
    [
      'model.params.depth_of_it',
      3,
      /model\.params\.depth_of_it: unknown key .*\(line \d+\)\. It may change the network/,
    ],
    ['trian', { lr: 3 }, /trian\.lr: unknown key .*Did you mean train\.lr\?/],
    [
      'model.target',
      'models.unet.UNetModelConv',
      /model\.target: not supported \(line 2\); expected "models\.unet\.UNetModelSwin"; found "models\.unet\.UNetModelConv"/,
    ],
    ['diffusion.target', 'x.y', /diffusion\.target: not supported/],
    [
      'autoencoder.target',
      'ldm.models.autoencoder.AutoencoderKLTorch',
      /autoencoder\.target: not supported .*VQModelTorch/,
    ],
    ['model.ddgan_loss', true, /model\.ddgan_loss: not supported \(line \d+\); expected false; found true/],
    ['train.clip_loss', true, /train\.clip_loss: not supported/],
    ['model.params.conv_resample', null, /conv_resample: not supported .*expected true; found null/],
    ['train.true_data', null, /train\.true_data: not supported .*expected true or false; found null/],
    [
      'model.add_noise',
      'perhaps',
      /model\.add_noise: not supported \(line \d+\); expected true or false; found "perhaps"/,
    ],
    ['train.lr', -1, /train\.lr \(ours: train\.lr\): not allowed \(line \d+\); expected more than 0; found -1/],
    [
      'model.params.image_size',
      'big',
      /model\.params\.image_size \(ours: teacher\.unet\.imageSize\): not allowed \(line \d+\); expected a number; found "big"/,
    ],
    [
      'diffusion.params.schedule_name',
      'ldm',
      /schedule_name \(ours: diffusion\.scheduleName\): .*expected "exponential"; found "ldm"/,
    ],
    ['train.log_freq', [1], /train\.log_freq: not supported \(line \d+\)/],
    ['model.params.window_size', undefined, /model\.params\.window_size: the key is missing\. Complete the file/],
    ['train.batch', undefined, /train\.batch: the key is missing/],
    ['model.teacher_ckpt_path', null, /model\.teacher_ckpt_path: not supported .*expected the file of the teacher/],
    ['model.ckpt_path', 'model_1000.pth', /model\.ckpt_path: .*expected null.*--out/],
    ['degradation.gt_size', 128, /degradation\.gt_size: .*expected 256, as data\.train\.params\.gt_size; found 128/],
    ['data.train.params.use_rot', true, /use_rot: not supported/],
    [
      'model.params.window_size',
      5,
      /data\.train\.params\.gt_size \(ours: data\.gtSize\): sizes that do not fit the window/,
    ],
  ] as const)('%s: %j', async (key, value, message) => {
    expect(await errorOf(changed(rsdFile(), key, value))).toMatch(message);
  });

  it('name the line of interpolations, missing values, keys given twice and Python objects', async () => {
    const text = stringify(rsdFile());
    const replaced = (from: string, to: string): string => {
      expect(text).toContain(from);
      return text.replace(from, to);
    };
    expect(await errorOf(replaced('sf: 4', 'sf: ${degradation.sf}'))).toMatch(
      /interpolations are not resolved \(line \d+\); found \$\{degradation\.sf\}\. Write the value itself/,
    );
    expect(await errorOf(replaced('sf: 4', 'sf: ???'))).toMatch(/a value is missing \(line \d+\); found \?\?\?/);
    expect(await errorOf(replaced('image_size: 64', 'image_size: 64\n    image_size: 32'))).toMatch(
      /not valid YAML: Map keys must be unique at line \d+/,
    );
    expect(await errorOf(replaced('sf: 4', 'sf: !!python/object/apply:os.system ["true"]'))).toMatch(
      /not valid YAML: Unresolved tag: .*python.* at line \d+/,
    );
    expect(await errorOf(replaced('sf: 4', 'sf: *nowhere'))).toMatch(/not valid YAML/);
  });
});

describe('YAML as the original programs read it', () => {
  it('takes yes and no, and whole numbers written as floats', async () => {
    const text = stringify(rsdFile()).replace('gan_loss: true', 'gan_loss: no').replace('kappa: 2', 'kappa: 2.');
    const { config } = await loadRunConfig(await officialFile(text));
    expect(config.rsd.gan.weight).toBe(0);
    expect(config.diffusion.kappa).toBe(2);
  });
});

describe('for restoring', () => {
  it('only the networks are read', async () => {
    const values = { ...changed(rsdFile(), 'model.ddgan_loss', true), train: { clip_loss: true }, data: null };
    const networks = await loadAssumedNetworks(await officialFile(values));
    expect(networks.unet).toMatchObject({ inChannels: 6, noiseChannels: 0 });
    expect(networks.mapping!.join('\n')).not.toContain('train.');
  });

  it('our run files serve as well', async () => {
    const { unet, autoencoder, mapping } = await loadAssumedNetworks('tiny-student');
    expect(unet).toMatchObject({ modelChannels: 48, noiseChannels: 0 });
    expect(autoencoder).toMatchObject({ ch: 16, anchored: 2 });
    expect(autoencoder).not.toHaveProperty('weights');
    expect(mapping).toBeUndefined();
  });
});

describe('weights and photos', () => {
  it('are looked up beside the file and in the folder above it', async () => {
    const home = dirname(await officialFile('{}'));
    await mkdir(join(home, 'configs', 'weights'), { recursive: true });
    await mkdir(join(home, 'weights'));
    await writeFile(join(home, 'weights', 'resshift_realsrx4_s15_v1.pth'), '');
    await writeFile(join(home, 'configs', 'weights', 'autoencoder_vq_f4.pth'), '');
    const file = join(home, 'configs', 'RSD.yaml');
    await writeFile(file, stringify(rsdFile()));
    const { config, lookedIn } = await loadRunConfig(file);
    expect(config.teacher.weights).toBe(join(home, 'weights', 'resshift_realsrx4_s15_v1.pth'));
    expect(config.autoencoder.weights).toBe(join(home, 'configs', 'weights', 'autoencoder_vq_f4.pth'));
    expect(lookedIn).toEqual([process.cwd(), join(home, 'configs'), home]);
  });
});

describe('the printed plan', () => {
  it('is a run file of ours that gives the same run', async () => {
    const loaded = await loadRunConfig(await officialFile(rsdFile()), ['seed=7']);
    const text = runPlanYaml(loaded);
    expect(text).toMatch(/^# Translated from the official file .*\n# Mapped \(official -> ours\):\n# {3}model/);
    expect(parse(text)).toHaveProperty('seed', 7);
    const again = await loadRunConfig(await officialFile(text, 'plan.yaml'));
    expect(again.config).toEqual(loaded.config);
    expect(again.official).toBeUndefined();
  });
});
