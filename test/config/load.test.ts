/** @file Run files: defaults, overrides, errors that name file, line, key and the nearest known key. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRunConfig, resolvedYaml } from '../../src/config/load.js';
import { UserError } from '../../src/errors/user_error.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function runFile(text: string, name = 'run.yaml'): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function errorOf(text: string, overrides: string[] = []): Promise<UserError> {
  const file = await runFile(text);
  const error: unknown = await loadRunConfig(file, overrides).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('defaults', () => {
  it("are the paper's RSD at official size", async () => {
    const { config } = await loadRunConfig(await runFile(''));
    expect(config.method).toBe('rsd');
    expect(config.train).toMatchObject({
      iterations: 3000,
      batch: 64,
      microBatch: 8,
      lr: 5e-5,
      betas: [0.9, 0.95],
      ema: 0.999,
    });
    expect(config.rsd).toMatchObject({ fakeUpdates: 5, timesteps: [14, 11, 7, 3], fakeLr: 5e-5, noiseChannels: 1 });
    expect(config.rsd.gan).toEqual({ weight: 3e-3, head: 'dmd2', noisy: false });
    expect(config.rsd.perceptual).toEqual({
      weight: 2,
      metric: 'lpips-alex',
      from: 'last',
      weights: 'weights/lpips-alex.safetensors',
    });
  });

  it('equal the shipped realsr.yaml but for the validation pairs', async () => {
    const { config: defaults } = await loadRunConfig(await runFile(''));
    const { config, file } = await loadRunConfig('realsr');
    expect(file).toMatch(/configs[\\/]realsr\.yaml$/);
    expect(config).toEqual({
      ...defaults,
      data: { ...defaults.data, validation: { ...defaults.data.validation, lq: 'data/validation/imagenet256/lq' } },
    });
  });

  it('follow from other keys where they should', async () => {
    const { config } = await loadRunConfig(
      await runFile('train: { lr: 1e-3 }\nrsd: { timestepCount: 1, perceptual: { metric: lpips-vgg } }'),
    );
    expect(config.rsd.fakeLr).toBe(1e-3);
    expect(config.train.scheduler.maxLr).toBe(1e-3);
    expect(config.rsd.timesteps).toEqual([14]);
    expect(config.rsd.perceptual.weights).toBe('weights/lpips-vgg.safetensors');
  });
});

describe('overrides', () => {
  it('take a plain path for the validation photos', async () => {
    const file = await runFile('data: { validation: held }');
    expect((await loadRunConfig(file)).config.data.validation).toEqual({ hr: 'held', lq: null, count: null });
    const { config } = await loadRunConfig(file, ['data.validation=[a, b]']);
    expect(config.data.validation.hr).toEqual(['a', 'b']);
    const short = await loadRunConfig(file, ['data.validation.count=2']);
    expect(short.config.data.validation).toEqual({ hr: 'held', lq: null, count: 2 });
  });

  it('are YAML and win over the file', async () => {
    const file = await runFile('train: { iterations: 5, batch: 8 }');
    const { config } = await loadRunConfig(file, ['train.iterations=10', 'rsd.timesteps=[3, 14]', 'data.train=[a, b]']);
    expect(config.train.iterations).toBe(10);
    expect(config.train.batch).toBe(8);
    expect(config.rsd.timesteps).toEqual([14, 3]);
    expect(config.data.train).toEqual(['a', 'b']);
  });

  it('replace the other way of giving student timesteps', async () => {
    const file = await runFile('rsd: { timestepCount: 4 }');
    expect((await loadRunConfig(file, ['rsd.timesteps=[14]'])).config.rsd.timesteps).toEqual([14]);
    const listed = await runFile('rsd: { timesteps: [14, 3] }');
    expect((await loadRunConfig(listed, ['rsd.timestepCount=1'])).config.rsd.timesteps).toEqual([14]);
    await expect(loadRunConfig(file, ['rsd.timesteps=[14]', 'rsd.timestepCount=1'])).rejects.toThrow(/given twice/);
  });

  it.each([
    ['train.iterations', /--set: cannot set a value; expected key=value.*; found train\.iterations/],
    ['train.itertions=3', /--set: train\.itertions: unknown key\. Did you mean train\.iterations\?/],
    ['train.batch=[', /--set: train\.batch: the value is not YAML; found \[/],
    ['train.batch=0', /--set: train\.batch: not allowed; expected at least 1; found 0/],
    [
      'data.degradation.second.blurProb=0.5',
      /--set: data\.degradation\.second: belongs to another kind\. Remove it, or change data\.degradation\.kind, which is "mild"/,
    ],
    ['seed.x=0', /--set: seed: is a value, not a section; found seed\.x/],
  ])('%s is refused with a reason', async (override, message) => {
    expect((await errorOf('seed: 3\ndata: { degradation: { kind: mild } }', [override])).message).toMatch(message);
  });
});

describe('errors', () => {
  it.each([
    [
      'train:\n  batch: 8\n  iteratoins: 3',
      /run\.yaml: train\.iteratoins: unknown key \(line 3\)\. Did you mean train\.iterations\?/,
    ],
    ['iterations: 3', /: iterations: unknown key \(line 1\)\. Did you mean train\.iterations\?/],
    ['rsd:\n  gan:\n    weigth: 1', /: rsd\.gan\.weigth: unknown key \(line 3\)\. Did you mean rsd\.gan\.weight\?/],
    [
      'data: { degradation: { kind: bicubic, jpegQuality: [3, 4] } }',
      /: data\.degradation\.jpegQuality: belongs to another kind \(line 1\)\. Remove it, or change data\.degradation\.kind, which is "bicubic"/,
    ],
    ['quux: 3', /: quux: unknown key \(line 1\)\. Remove it\./],
    ['train:\n  lr: -1', /: train\.lr: not allowed \(line 2\); expected more than 0; found -1/],
    ['train: { batch: 1.5 }', /: train\.batch: not allowed \(line 1\); expected a whole number; found 1\.5/],
    [
      'method: gan',
      /: method: not allowed \(line 1\); expected one of "rsd", "sinsr", "vsd", "sid", "resshift", "autoencoder"; found "gan"/,
    ],
    ['data: { train: 3 }', /: data\.train: not allowed \(line 1\); expected text or a list; found 3/],
    ['data: { train: "" }', /: data\.train: not allowed \(line 1\); expected text that is not empty.*; found ""/],
    [
      'data: { degradation: { kind: bsr } }',
      /: data\.degradation\.kind: .*expected one of "bicubic", "mild", "realesrgan"; found "bsr"/,
    ],
    [
      'data: { degradation: { kind: mild, blurSigma: [2, 1] } }',
      /blurSigma: .*first bound is greater.*; found \[2,1\]/,
    ],
    ['autoencoder: { anchored: true }', /anchored: .*expected a number or false; found true/],
    ['train: 3', /: train: not allowed \(line 1\); expected a section \(mapping\); found 3/],
    ['- 1', /run\.yaml: not a run file; expected a mapping/],
    ['train:\n  batch: [1', /run\.yaml: not valid YAML: .*line 2/],
    ['seed: 1\nseed: 2', /run\.yaml: not valid YAML: .*line 2/],
    ['seed: 1\n[a]: 2', /run\.yaml: not valid YAML: .*line 2/],
    ['seed: !!python/name:os.system', /run\.yaml: not valid YAML: Unresolved tag: .*line 1/],
    ['seed: *other', /run\.yaml: not valid YAML: .*other/],
  ])('%j', async (text, message) => {
    expect((await errorOf(text)).message).toMatch(message);
  });

  it('say that a run file does not exist', async () => {
    await expect(loadRunConfig(join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml: no such run file.*configs\//);
  });
});

describe('paths', () => {
  it('not found in the working directory are looked up beside the run file', async () => {
    await mkdir(join(folder, 'photos-beside-the-run-file'));
    const { config } = await loadRunConfig(
      await runFile('data: { train: [photos-beside-the-run-file, src, nowhere] }'),
    );
    expect(config.data.train).toEqual([join(folder, 'photos-beside-the-run-file'), 'src', 'nowhere']);
  });
});

describe('resolvedYaml', () => {
  it('reads back as the same run', async () => {
    const file = await runFile('method: rsd\nrsd: { timestepCount: 2 }\ndata: { degradation: { kind: bicubic } }');
    const { config } = await loadRunConfig(file);
    const text = resolvedYaml(config);
    expect(parse(text)).toHaveProperty('rsd.timesteps', [14, 7]);
    const again = await loadRunConfig(await runFile(text, 'resolved.yaml'));
    expect(again.config).toEqual(config);
  });
});
