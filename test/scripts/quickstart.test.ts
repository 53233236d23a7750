/** @file The quickstart on micro networks: what it leaves and prints, that it goes on and repeats itself, what it refuses. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { bicubicContender, modelContender, restoreAll } from '../../scripts/quickstart/contenders.js';
import { quickstart, type QuickstartOptions } from '../../scripts/quickstart/run.js';
import { formatScores, scoreAll } from '../../scripts/quickstart/scores.js';
import { loadRunConfig } from '../../src/config/load.js';
import { missingPaths } from '../../src/config/paths.js';
import { runSchema } from '../../src/config/schema.js';
import { tf } from '../../src/engine/tfjs.js';
import type { Picture } from '../../src/images/picture.js';
import { freshParams } from '../../src/models/fresh.js';
import { readModelFile, writeModelFile } from '../../src/models/model_file.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { runPaths } from '../../src/training/run_folder.js';
import { readStats } from '../../src/training/stats_log.js';
import { temporaryFolder } from '../helpers/photos.js';
import { largestDifference, syntheticPicture } from '../helpers/pictures.js';
import { smallAutoencoder, smallUNet } from '../helpers/small_networks.js';
import { smallRun } from '../helpers/small_run.js';

const inRepository = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const ST_LPIPS = inRepository('models/st-lpips-alex.safetensors');
const SIDE = 64;
const PHOTOS = 2;
const eager = { kind: 'eager' } as const;

const folder = await temporaryFolder();
const student = join(folder, 'student.safetensors');
let runFile: string;
beforeAll(async () => {
  runFile = await smallRun(folder, 'rsd');
  const unet = { ...smallUNet, noiseChannels: 1 };
  await writeModelFile(student, {
    kind: 'student',
    unet: { config: unet, tree: freshParams(unetSpecs(unet), 7) },
    diffusion: runSchema.parse({}).diffusion,
    autoencoder: { config: smallAutoencoder, tree: freshParams(autoencoderSpecs(smallAutoencoder), 1) },
  });
});

/** Runs the quickstart on the micro run, answers its result and what it printed. */
async function start(set: readonly string[] = [], changed: Partial<Omit<QuickstartOptions, 'config'>> = {}) {
  const small = ['train.iterations=2', 'train.validateEvery=0', `data.validation.count=${PHOTOS}`, 'engine.kind=eager'];
  const { config } = await loadRunConfig(runFile, [...small, ...set]);
  const lines: string[] = [];
  const print = (line: string): unknown => lines.push(line);
  const shipped = { shippedStudent: student, stLpips: ST_LPIPS, cropSide: SIDE };
  const result = await quickstart({ config, out: join(folder, 'run'), ...shipped, print, ...changed });
  return { ...result, text: lines.join('\n') };
}

describe('the quickstart', () => {
  const { stats, student: trained } = runPaths(join(folder, 'run'));

  it('stops at Ctrl-C with 130 and measures nothing', async () => {
    const lines: string[] = [];
    const print = (line: string): void => {
      lines.push(line);
      if (line.includes('new run')) process.emit('SIGINT');
    };
    const { exitCode, scores } = await start([], { print });
    expect({ exitCode, scores }).toEqual({ exitCode: 130, scores: [] });
    expect(lines.at(-1)).toMatch(/^Stopped.*goes on from here/);
    expect(existsSync(join(folder, 'run', 'comparison.png'))).toBe(false);
  });

  it('then goes on, measures every contender and draws them', async () => {
    const before = tf.memory().numTensors;
    const { exitCode, scores, text } = await start();
    expect(exitCode).toBe(0);
    expect(await readStats(stats)).toHaveLength(2);
    expect(await readModelFile(trained)).toMatchObject({ kind: 'student' });
    expect(scores.map(({ label }) => label)).toEqual([
      'bicubic',
      'teacher, 15 steps',
      'teacher, 1 step',
      'new student, 1 step',
      'shipped student, 1 step',
    ]);
    for (const { psnrY, ssimY, stLpips, secondsPerImage } of scores) {
      expect(psnrY).toBeGreaterThan(0);
      expect(Math.abs(ssimY)).toBeLessThan(1);
      expect(stLpips).toBeGreaterThan(0);
      expect(secondsPerImage).toBeGreaterThan(0);
    }
    // Every row is of other images.
    expect(new Set(scores.map(({ stLpips }) => stLpips)).size).toBe(scores.length);
    expect(text).toContain(formatScores(scores));
    expect(text).toContain(`Means over ${PHOTOS} photos, 16x16 -> 64x64 pixels`);
    const { width, height } = await sharp(join(folder, 'run', 'comparison.png')).metadata();
    // Five columns of magnified tiles, a row a photo.
    expect(width).toBeGreaterThan(5 * SIDE);
    expect(height).toBeGreaterThan(PHOTOS * SIDE);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('trains no more when it is run again, and measures the same', async () => {
    const model = await readFile(trained);
    const lines = await readFile(stats, 'utf8');
    const timeless = ({ scores }: Awaited<ReturnType<typeof start>>) =>
      scores.map(({ secondsPerImage: _, ...rest }) => rest);
    const again = await start();
    expect(again.text).toContain('resuming after iteration 2');
    expect(await readFile(trained)).toEqual(model);
    expect(await readFile(stats, 'utf8')).toBe(lines);
    expect(timeless(await start())).toEqual(timeless(again));
  });
});

describe('wrong input is told before anything is trained', () => {
  const out = join(folder, 'never');
  const refusal = (set: string[], changed: Partial<QuickstartOptions> = {}) =>
    expect(start(set, { out, ...changed }).finally(() => expect(existsSync(runPaths(out).checkpoints)).toBe(false)))
      .rejects;

  it('a model that is missing, of another kind, or without its autoencoder', async () => {
    await refusal([], { shippedStudent: join(folder, 'none') }).toThrow(/none: .*not exist/);
    await refusal([`teacher.weights=${folder}/none`]).toThrow(/none: .*not exist/);
    await refusal([`teacher.weights=${student}`]).toThrow('expected a teacher with its autoencoder; found a student');
    const { unet, diffusion } = await readModelFile(student);
    const bare = join(folder, 'bare.safetensors');
    await writeModelFile(bare, { kind: 'student', unet, diffusion });
    await refusal([], { shippedStudent: bare }).toThrow('found a student without autoencoder');
  });

  it('held-out photos that are missing, damaged or not given', async () => {
    await refusal([`data.validation.hr=${folder}/no-photos`]).toThrow(/no-photos: data.validation.hr: no such file/);
    await refusal(['data.validation.hr=null']).toThrow('needs held-out photos');
    const photos = join(folder, 'damaged');
    await mkdir(photos);
    await writeFile(join(photos, 'a.png'), 'no image');
    await refusal([`data.validation.hr=${photos}`]).toThrow('a.png: cannot be decoded as an image');
    await rm(photos, { recursive: true });
  });

  it('as one line and exit code 2 by the program', async () => {
    const [program, ...args] = packageJson.scripts.quickstart.split(' && ').at(-1)!.split(' ');
    // Not through tsx's own program: it kills what does not answer a signal at once.
    expect([program, ...args.slice(0, 2)]).toEqual(['node', '--import', 'tsx']);
    const all = [...args, '--set', 'teacher.weights=none', '--out', out];
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      const options = { cwd: inRepository('.') };
      execFile(process.execPath, all, options, (error, _, text) => resolve({ code: error?.code, stderr: text }));
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: none: [^\n]*not exist[^\n]*\n$/);
  });
});

it('the shipped run file describes the shipped teacher and names files that are there', async () => {
  const { config } = await loadRunConfig('quickstart.yaml');
  expect(missingPaths(config)).toEqual([]);
  const teacher = await readModelFile(config.teacher.weights);
  const { weights: _, ...autoencoder } = config.autoencoder;
  expect(teacher).toMatchObject({
    kind: 'teacher',
    unet: { config: config.teacher.unet },
    diffusion: config.diffusion,
    autoencoder: { config: autoencoder },
  });
});

describe('contenders', () => {
  it('bicubic reproduces constants, enlarges, and stays in range', async () => {
    const { restore } = await bicubicContender(4).open();
    const flat = { height: 5, width: 7, data: new Float32Array(5 * 7 * 3).fill(0.25) };
    const enlarged = await restore(flat);
    expect([enlarged.height, enlarged.width]).toEqual([20, 28]);
    for (const value of enlarged.data) expect(value).toBeCloseTo(0.25, 6);
    const edge: Picture = { height: 4, width: 4, data: Float32Array.from({ length: 48 }, (_, i) => (i < 24 ? -1 : 1)) };
    const { data } = await restore(edge);
    expect([Math.min(...data), Math.max(...data)]).toEqual([-1, 1]);
  });

  it('a teacher takes the steps it is given', async () => {
    const model = await readModelFile(join(folder, 'teacher.safetensors'));
    const [full, once] = [modelContender('teacher', model, 3, eager), modelContender('teacher', model, 1, eager)];
    expect([full.label, once.label]).toEqual(['teacher, 3 steps', 'teacher, 1 step']);
    const lq = syntheticPicture(16, 16);
    const [a, b] = [await restoreAll(full, [lq]), await restoreAll(once, [lq])];
    expect(largestDifference(a.pictures[0]!, b.pictures[0]!)).toBeGreaterThan(0.01);
  });

  it('are warmed up, timed by the median, and closed whatever happens', async () => {
    const seen: number[] = [];
    const delays = [120, 5, 60, 10];
    let disposed = 0;
    const restore = async (picture: Picture): Promise<Picture> => {
      const delay = delays[seen.length];
      if (delay === undefined) throw new Error('no more');
      seen.push(picture.width);
      await new Promise((resolve) => setTimeout(resolve, delay));
      return picture;
    };
    const contender = {
      label: 'slow',
      open: () => Promise.resolve({ restore, dispose: () => void (disposed += 1) }),
    };
    const pictures = [1, 2, 3].map((width) => syntheticPicture(1, width));
    const restored = await restoreAll(contender, pictures);
    expect(seen).toEqual([1, 1, 2, 3]);
    expect(restored.pictures).toEqual(pictures);
    // Of 5, 60 and 10 ms; the warm-up's 120 ms do not count.
    expect(restored.secondsPerImage).toBeGreaterThanOrEqual(0.009);
    expect(restored.secondsPerImage).toBeLessThan(0.06);
    await expect(restoreAll(contender, pictures)).rejects.toThrow('no more');
    expect(disposed).toBe(2);
  });
});

describe('scores', () => {
  it('know equal images and a known error', async () => {
    const truth = [syntheticPicture(SIDE, SIDE), syntheticPicture(SIDE, SIDE, 1)];
    // Values of 8-bit files, so that rounding changes nothing.
    for (const { data } of truth) data.forEach((v, i) => (data[i] = Math.round((v + 1) * 127.5) / 127.5 - 1));
    // Ten levels brighter in every colour: 10 * 219 / 255 levels of luma.
    const brighter = truth.map(({ data, ...size }) => ({ ...size, data: data.map((v) => v + 10 / 127.5) }));
    const rows = [
      { label: 'equal', pictures: truth, secondsPerImage: 1 },
      { label: 'brighter', pictures: brighter, secondsPerImage: 2 },
    ];
    const [equal, other] = await scoreAll(rows, truth, ST_LPIPS, eager);
    expect(equal).toMatchObject({ label: 'equal', psnrY: 80, secondsPerImage: 1 });
    expect(equal!.stLpips).toBeLessThan(1e-9);
    expect(equal!.ssimY).toBeCloseTo(1, 12);
    const error = (10 / 255) * (219 / 255);
    expect(other!.psnrY).toBeCloseTo(-20 * Math.log10(error), 3);
    expect(other!.stLpips).toBeGreaterThan(0);
  });

  it('stand in aligned columns', () => {
    const text = formatScores([
      { label: 'bicubic', psnrY: 25.756, ssimY: 0.67849, stLpips: 0.4213, secondsPerImage: 0.0123 },
      { label: 'teacher, 15 steps', psnrY: 9.5, ssimY: 0.5, stLpips: 1.25, secondsPerImage: 123.44 },
    ]);
    expect(text.split('\n')).toEqual([
      '                    PSNR-Y, dB   SSIM-Y   ST-LPIPS   s/image',
      'bicubic                  25.76   0.6785     0.4213      0.01',
      'teacher, 15 steps         9.50   0.5000     1.2500     123.4',
    ]);
  });
});
