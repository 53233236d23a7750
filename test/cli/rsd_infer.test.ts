import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/cli/rsd_infer.js';
import { tf } from '../../src/engine/tfjs.js';
import { writeModelFile } from '../../src/models/model_file.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { goldenPath } from '../helpers/golden.js';
import { formulaStudent } from '../helpers/micro_models.js';
import { syntheticPicture, writePng } from '../helpers/pictures.js';

const student = formulaStudent();
let folder: string;
let weights: string;
let photos: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rsd-infer-'));
  weights = path.join(folder, 'student.safetensors');
  await writeModelFile(weights, student);
});
beforeEach(async () => {
  photos = await mkdtemp(path.join(folder, 'photos-'));
  await writePng(path.join(photos, 'a.png'), syntheticPicture(6, 9));
  await writePng(path.join(photos, 'b.png'), syntheticPicture(8, 8, 2));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...argv: string[]): Promise<number> => main(['--log-level', 'error', '--engine', 'eager', ...argv]);
const standard = (output: string): string[] => ['--weights', weights, '--input', photos, '--output', output];

describe('rsd-infer', () => {
  it('restores a folder, the same each time and file by file', async () => {
    const [whole, single] = [path.join(photos, 'out'), path.join(photos, 'single')];
    const before = tf.memory().numTensors;
    expect(await run(...standard(whole))).toBe(0);
    expect((await readdir(whole)).sort()).toEqual(['a.png', 'b.png']);
    const { width, height, format } = await sharp(path.join(whole, 'a.png')).metadata();
    expect([width, height, format]).toEqual([36, 24, 'png']);
    expect(await run('--weights', weights, '--input', path.join(photos, 'b.png'), '--output', single)).toBe(0);
    expect(await readFile(path.join(single, 'b.png'))).toEqual(await readFile(path.join(whole, 'b.png')));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('goes on after a broken image and answers 1', async () => {
    await writeFile(path.join(photos, 'aa.jpg'), 'broken');
    await writeFile(path.join(photos, 'ab.png'), '');
    const wide = sharp({ create: { width: 5000, height: 1, channels: 3, background: '#888' } });
    await wide.webp().toFile(path.join(photos, 'wide.webp'));
    const output = path.join(photos, 'out');
    expect(await run(...standard(output), '--format', 'webp')).toBe(1);
    expect((await readdir(output)).sort()).toEqual(['a.webp', 'b.webp']);
  });

  it('leaves what is there unless told to overwrite', async () => {
    const output = path.join(photos, 'out');
    await mkdir(output);
    await writeFile(path.join(output, 'a.png'), 'mine');
    expect(await run(...standard(output))).toBe(0);
    expect(await readFile(path.join(output, 'a.png'), 'utf8')).toBe('mine');
    expect(await run(...standard(output), '--overwrite')).toBe(0);
    expect(await readFile(path.join(output, 'a.png'), 'utf8')).not.toBe('mine');
  });

  it('searches folders inside folders and mirrors them; results lie beside where they are looked for', async () => {
    await writePng(path.join(photos, 'in', 'deep', 'a.png'), syntheticPicture(4, 4, 3));
    const output = path.join(photos, 'out');
    expect(await run(...standard(output), '--recursive')).toBe(0);
    expect((await readdir(output, { recursive: true })).filter((name) => name.endsWith('.png')).sort()).toEqual([
      'a.png',
      'b.png',
      'in/deep/a.png',
    ]);
    // Again: nothing is left to do, the results are no inputs.
    expect(await run(...standard(output), '--recursive')).toBe(0);
    expect(await readdir(output)).toHaveLength(3);
  });

  it('takes several inputs and patterns, and writes the format asked for', async () => {
    const output = path.join(photos, 'out');
    const inputs = ['--input', path.join(photos, 'a.png'), '--input', path.join(photos, '[b-z].*')];
    expect(await run('--weights', weights, ...inputs, '--output', output, '--format', 'webp', '--quality', '50')).toBe(
      0,
    );
    expect((await readdir(output)).sort()).toEqual(['a.webp', 'b.webp']);
    const { format, width } = await sharp(path.join(output, 'a.webp')).metadata();
    expect([format, width]).toEqual(['webp', 36]);
  });

  it('writes what the RSD release writes', async () => {
    const grey = sharp({ create: { width: 8, height: 6, channels: 3, background: '#888' } }).toColourspace('b-w');
    await grey.clone().withMetadata({ orientation: 6 }).jpeg().toFile(path.join(photos, 'c.JPG'));
    const output = path.join(photos, 'out');
    expect(await run(...standard(output), '--match-release')).toBe(0);
    expect((await readdir(output)).sort()).toEqual(['a.png', 'b.png', 'c.JPG']);
    const found = await sharp(path.join(output, 'c.JPG')).metadata();
    expect([found.format, found.channels, found.chromaSubsampling, found.width, found.height, found.exif]).toEqual([
      'jpeg',
      3,
      '4:2:0',
      32,
      24,
      undefined,
    ]);
  });

  it('stops on Ctrl-C without writing anything half-done, and goes on the next time', async () => {
    await writePng(path.join(photos, 'aa.png'), syntheticPicture(40, 28, 3));
    const output = path.join(photos, 'out');
    const whole = path.join(photos, 'whole');
    const tiles = ['--tile', '16', '--overlap', '4'];
    // a.png is one tile, aa.png six: the signal comes when the first result is there.
    const watch = setInterval(() => {
      if (!existsSync(path.join(output, 'a.png'))) return;
      clearInterval(watch);
      process.emit('SIGINT');
    }, 1);
    expect(await run(...standard(output), ...tiles)).toBe(130);
    clearInterval(watch);
    expect(await readdir(output)).toEqual(['a.png']);
    expect(await run(...standard(output), ...tiles)).toBe(0);
    expect(await run(...standard(whole), ...tiles)).toBe(0);
    for (const name of ['a.png', 'aa.png', 'b.png']) {
      expect(await readFile(path.join(output, name))).toEqual(await readFile(path.join(whole, name)));
    }
  });

  it('takes the autoencoder from another file', async () => {
    const [small, first] = [path.join(folder, 'small.safetensors'), path.join(folder, 'autoencoder.safetensors')];
    await writeModelFile(small, { ...student, autoencoder: undefined });
    await writeModelFile(first, { kind: 'autoencoder', autoencoder: student.autoencoder });
    const [alone, other] = [path.join(photos, 'alone'), path.join(photos, 'other')];
    await run(...standard(alone));
    await run('--weights', small, '--autoencoder', first, '--input', photos, '--output', other);
    expect(await readFile(path.join(other, 'a.png'))).toEqual(await readFile(path.join(alone, 'a.png')));
    await expect(run('--weights', small, '--input', photos, '--output', path.join(photos, 'x'))).rejects.toThrow(
      '--autoencoder FILE',
    );
    const argv = ['--weights', weights, '--autoencoder', goldenPath('unet-micro', 'weights.safetensors')];
    await expect(run(...argv, '--input', photos, '--output', path.join(photos, 'x'))).rejects.toThrow(
      'the file holds no autoencoder',
    );
  });

  it('takes structure and autoencoder of official weights from a YAML file', async () => {
    const [unet, first] = [path.join(photos, 'unet.safetensors'), path.join(photos, 'vq.safetensors')];
    await writeSafetensors(unet, student.unet!.tree);
    await writeSafetensors(first, student.autoencoder!.tree);
    const { noiseChannels: _, ...structure } = student.unet!.config;
    const config = path.join(photos, 'run.yaml');
    const sections = {
      method: 'rsd',
      teacher: { unet: structure },
      diffusion: student.diffusion,
      autoencoder: { ...student.autoencoder!.config, weights: 'vq.safetensors' },
    };
    await writeFile(config, stringify(sections));
    const [own, bare] = [path.join(photos, 'own'), path.join(photos, 'bare')];
    await run(...standard(own));
    expect(await run('--weights', unet, '--config', config, '--input', photos, '--output', bare)).toBe(0);
    expect(await readFile(path.join(bare, 'a.png'))).toEqual(await readFile(path.join(own, 'a.png')));
    await expect(run(...standard(bare), '--overwrite', '--config', config)).rejects.toThrow(
      '--config: the weights are a model file, which brings its own configs',
    );
  });

  it('refuses wrong input in one line', async () => {
    const output = path.join(photos, 'out');
    const refusal = (...argv: string[]) => expect(run(...argv)).rejects;
    await refusal('--weights', weights, '--input', path.join(photos, 'none'), '--output', output).toThrow(
      '--input: no such file or folder',
    );
    await refusal('--weights', path.join(photos, 'none'), '--input', photos, '--output', output).toThrow(
      /none: .*not exist/,
    );
    await refusal('--weights', path.join(photos, 'a.png'), '--input', photos, '--output', output).toThrow(/a\.png/);
    await refusal(...standard(photos), '--overwrite').toThrow('an input would be written over');
    await refusal(...standard(output), '--seed', '-1').toThrow('--seed: impossible seed');
    await refusal(...standard(output), '--steps', '4').toThrow('--steps: a student restores in one step');
    await refusal(...standard(output), '--device', 'gpu').toThrow(
      '--device: unknown device; expected cpu, cuda or cuda:N; found gpu',
    );
    await refusal(...standard(output), '--quality', '90').toThrow('--quality: PNG is written without loss');
    await refusal(...standard(output), '--format', 'jpeg', '--quality', '0').toThrow('--quality: impossible quality');
    await refusal(...standard(output), '--match-release', '--format', 'png').toThrow(/mutually exclusive/);
    await refusal(...standard(output), '--seed', '1', '--seed', '2').toThrow(
      '--seed: given more than once; found 1, 2',
    );
    await refusal(...standard(weights)).toThrow('--output: not a folder');
    await writeFile(path.join(photos, 'a.jpg'), '');
    await refusal(...standard(output)).toThrow(/would both be written there/);
    const empty = path.join(photos, 'empty');
    await mkdir(empty);
    await refusal('--weights', weights, '--input', empty, '--output', output).toThrow('the folder has no image');
  });
});
