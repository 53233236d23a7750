/** @file Run files that extend others: whose values count, where errors point, what may extend what. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRunConfig } from '../../src/config/load.js';
import { temporaryFolder } from '../helpers/photos.js';
import { officialFile, rsdFile } from './official/family.js';

const folder = await temporaryFolder();

async function runFile(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

const load = async (file: string, ...sets: string[]) => (await loadRunConfig(file, sets)).config;

describe('a run file that extends another', () => {
  it('has its own values, and the other where it has none; --set wins over both', async () => {
    await runFile('base.yaml', 'train: { iterations: 7, batch: 16, betas: [0.5, 0.6] }\nrsd: { gan: { weight: 0 } }');
    const file = await runFile('own.yaml', 'extends: base.yaml\ntrain: { batch: 32, betas: [0.7, 0.8] }');
    const expected = { iterations: 7, batch: 32, betas: [0.7, 0.8] };
    expect(await load(file)).toMatchObject({ train: expected, rsd: { gan: { weight: 0, head: 'dmd2' } } });
    expect((await load(file, 'train.batch=8')).train.batch).toBe(8);
    const further = await runFile('sub/further.yaml', 'extends: ../own.yaml\nseed: 4');
    expect(await load(further)).toMatchObject({ seed: 4, train: expected });
  });

  it('takes one of two ways of giving a thing, and another kind of a section as a whole', async () => {
    await runFile('four.yaml', 'rsd: { timestepCount: 4 }\ndata: { degradation: { kind: mild, noiseSigma: [0, 1] } }');
    const list = await runFile('list.yaml', 'extends: four.yaml\nrsd: { timesteps: [14, 2] }');
    expect((await load(list)).rsd.timesteps).toEqual([14, 2]);
    const bicubic = await runFile('bicubic.yaml', 'extends: four.yaml\ndata: { degradation: { kind: bicubic } }');
    expect((await load(bicubic)).data.degradation).toEqual({ kind: 'bicubic' });
    expect((await load(list, 'data.degradation.kind=bicubic')).data.degradation).toEqual({ kind: 'bicubic' });
    const same = await runFile('same.yaml', 'extends: four.yaml\ndata: { degradation: { jpegQuality: [90, 95] } }');
    expect((await load(same)).data.degradation).toMatchObject({ noiseSigma: [0, 1], jpegQuality: [90, 95] });
  });

  it('extends files of the package by name, and official ones', async () => {
    expect((await load(await runFile('named.yaml', 'extends: tiny-teacher\nseed: 9'))).teacher.unet.imageSize).toBe(32);
    const official = await officialFile(rsdFile());
    const file = await runFile('over.yaml', `extends: ${official}\ntrain: { batch: 8 }`);
    expect(await load(file)).toMatchObject({ train: { batch: 8, iterations: 3000 }, method: 'rsd' });
  });

  it.each([
    ['extends: nowhere.yaml', /nowhere\.yaml: no such run file/],
    ['extends: [realsr]', /extends: not allowed \(line 1\); expected a run file; found \["realsr"\]/],
    ['extends: wrong.yaml', /extends: run files that extend each other in a circle/],
    ['extends: realsr\ntrain: { iteration: 3 }', /wrong\.yaml: train\.iteration: unknown key \(line 2\)/],
    ['extends: bad.yaml', /bad\.yaml: train\.lr: not allowed \(line 1\)/],
    [
      'extends: realsr\ntrain: { batch: { size: 3 } }',
      /wrong\.yaml: train\.batch: is a value in .*realsr\.yaml, not a section/,
    ],
  ])('names what is wrong: %j', async (text, message) => {
    await runFile('bad.yaml', 'train: { lr: -1 }');
    await expect(load(await runFile('wrong.yaml', text))).rejects.toThrow(message);
  });
});

describe('the shipped presets', () => {
  it.each([
    ['realsr-distill-only', { method: 'rsd', rsd: { timesteps: [14, 11, 7, 3], noiseChannels: 1 } }],
    ['vsd-distill-only', { method: 'vsd', rsd: { timesteps: [14], noiseChannels: 0 } }],
    ['sid-distill-only', { method: 'sid', sid: { alpha: 1.2 }, rsd: { timesteps: [14, 11, 7, 3] } }],
  ])('%s has no supervised term', async (name, expected) => {
    const config = await load(name);
    expect(config).toMatchObject(expected);
    expect(config.rsd).toMatchObject({ gan: { weight: 0 }, perceptual: { weight: 0 }, mse: { weight: 0 } });
  });

  it('sinsr-distill-only regresses onto the teacher and nothing else of the photos', async () => {
    expect(await load('sinsr-distill-only')).toMatchObject({ method: 'sinsr', sinsr: { hrWeight: 0, inverse: true } });
  });
});
