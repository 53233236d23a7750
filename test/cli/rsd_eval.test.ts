/** @file `rsd-eval` from folders and from models: numbers, pairing, going on, refusals. */
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/rsd_eval.js';
import { decodePhoto } from '../../src/data/decode.js';
import { tf } from '../../src/engine/tfjs.js';
import { fromRgb8 } from '../../src/images/pixels.js';
import { evaluationPsnr } from '../../src/metrics/psnr.js';
import { writeModelFile } from '../../src/models/model_file.js';
import { formulaStudent } from '../helpers/micro_models.js';
import { temporaryFolder, writePhoto } from '../helpers/photos.js';

const folder = await temporaryFolder();
const at = (...parts: string[]): string => path.join(folder, ...parts);
const NAMES = ['a', 'b', 'c'];

interface Report {
  models: string[];
  images: string[];
  scores: Record<string, Record<string, number[]>>;
  means: Record<string, Record<string, { mean: number; low: number; high: number }>>;
  differences: { metric: string; p: number }[];
}

beforeAll(async () => {
  for (const [index, name] of NAMES.entries()) {
    await writePhoto(at('hr', `${name}.png`), 48, 64, index);
    await writePhoto(at('lr', `${name}.jpg`), 12, 16, index);
    await writePhoto(at('first', `${name}.png`), 48, 64, index + 0.1);
    await writePhoto(at('second', `${name}.webp`), 48, 64, index + 0.2);
  }
  for (const [salt, name] of ['one', 'two'].entries()) {
    await writeModelFile(at(`${name}.safetensors`), formulaStudent({ salt }));
  }
});

const run = (...argv: string[]): Promise<number> => main(['--log-level', 'error', '--engine', 'eager', ...argv]);
const report = async (output: string): Promise<Report> =>
  JSON.parse(await readFile(path.join(output, 'report.json'), 'utf8')) as Report;
const folders = (output: string): string[] => [
  ...['--hr', at('hr'), '--restored', `first=${at('first')}`, '--restored', `second=${at('second')}`],
  ...['--metrics', 'psnr,ssim', '--output', output],
];

describe('restored folders', () => {
  it('pair with originals by name, whatever the ending, and every number is that of its pair', async () => {
    const output = at('folders');
    expect(await run(...folders(output))).toBe(0);
    const { models, images, scores, means, differences } = await report(output);
    expect([models, images]).toEqual([['first', 'second'], NAMES]);
    for (const [model, ending] of [
      ['first', 'png'],
      ['second', 'webp'],
    ] as const) {
      for (const [index, name] of NAMES.entries()) {
        const [restored, original] = [
          fromRgb8(await decodePhoto(at(model, `${name}.${ending}`))),
          fromRgb8(await decodePhoto(at('hr', `${name}.png`))),
        ];
        expect(scores['psnr']![model]![index]).toBe(evaluationPsnr(restored, original));
      }
    }
    const { mean, low, high } = means['psnr']!['first']!;
    expect(mean).toBeCloseTo(scores['psnr']!['first']!.reduce((a, b) => a + b) / 3, 10);
    expect(low).toBeLessThanOrEqual(mean);
    expect(high).toBeGreaterThanOrEqual(mean);
    // Three images on all of which one model is better: 2 of 8 sign flips are as far from zero.
    expect(differences.map(({ metric, p }) => [metric, p])).toContainEqual(['psnr', 0.25]);
    const csv = (await readFile(path.join(output, 'per_image.csv'), 'utf8')).trimEnd().split('\r\n');
    expect(csv).toHaveLength(1 + 2 + 6);
    expect(csv[0]).toBe('image,model,psnr,ssim');
    expect(csv[1]!.split(',').slice(0, 3)).toEqual(['avg', 'first', String(mean)]);
    const page = await readFile(path.join(output, 'index.html'), 'utf8');
    expect(page).toContain('data:image/webp;base64,');
    expect(page).not.toMatch(/(src|href)="(?!data:|#)/);
  });

  it('are measured once: again only what changed, and with the same intervals', async () => {
    const output = at('again');
    await cp(at('first'), at('changing'), { recursive: true });
    const args = ['--hr', at('hr'), '--restored', `x=${at('changing')}`, '--metrics', 'psnr', '--output', output];
    await run(...args);
    const before = await report(output);
    const lines = async (): Promise<number> =>
      (await readFile(path.join(output, 'scores.jsonl'), 'utf8')).trimEnd().split('\n').length;
    expect(await lines()).toBe(3);
    await run(...args);
    expect(await report(output)).toEqual(before);
    expect(await lines()).toBe(3);
    await writePhoto(at('changing', 'b.png'), 48, 64, 9);
    await run(...args);
    expect(await lines()).toBe(4);
    expect((await report(output)).scores['psnr']!['x']![1]).not.toBe(before.scores['psnr']!['x']![1]);
  });

  it.each([
    ['a partner is missing', { remove: 'b.png' }, /first.*do not pair.*none for b/],
    ['one is too many', { add: 'd.png' }, /do not pair.*d without a partner/],
    ['two have one name', { add: 'b.jpg' }, /two images of one name.*b\.jpg and b\.png/],
    ['a size differs', { replace: 'b.png' }, /b\.png: the sizes do not fit; expected 64x48.*found 40x40/],
  ])('say so when %s', async (_, { remove, add, replace }: Record<string, string>, message) => {
    const broken = at('broken', 'first');
    await rm(broken, { recursive: true, force: true });
    await cp(at('first'), broken, { recursive: true });
    if (remove) await rm(path.join(broken, remove));
    if (add) await writePhoto(path.join(broken, add), 48, 64);
    if (replace) await writePhoto(path.join(broken, replace), 40, 40);
    const args = ['--hr', at('hr'), '--restored', `first=${broken}`, '--output', at('broken', 'out')];
    await expect(run(...args)).rejects.toThrow(message);
  });
});

describe('models', () => {
  const models = ['--model', `one=${at('one.safetensors')}`, '--model', `two=${at('two.safetensors')}`];

  it(
    'restore on the way, once, and never mix with results of other weights or settings',
    { timeout: 60_000 },
    async () => {
      const output = at('models');
      const args = [...models, '--lr', at('lr'), '--hr', at('hr'), '--metrics', 'psnr', '--output', output];
      const tensors = tf.memory().numTensors;
      expect(await run(...args)).toBe(0);
      const first = await report(output);
      expect(first.models).toEqual(['one', 'two']);
      const files = path.join(output, 'restored', 'one');
      expect((await readdir(files)).sort()).toEqual(['a.png', 'b.png', 'c.png']);
      const written = (await stat(path.join(files, 'a.png'))).mtimeMs;
      expect(await run(...args)).toBe(0);
      expect((await stat(path.join(files, 'a.png'))).mtimeMs).toBe(written);
      expect(await report(output)).toEqual(first);
      await expect(run(...args, '--seed', '3')).rejects.toThrow(
        /restored otherwise; found seed was not set, is 3.*--overwrite/,
      );
      expect(await run(...args, '--seed', '3', '--overwrite')).toBe(0);
      expect((await report(output)).scores).not.toEqual(first.scores);
      expect(tf.memory().numTensors).toBe(tensors);
    },
  );

  it('take inputs that are made from originals', { timeout: 60_000 }, async () => {
    const output = at('made');
    expect(await run(models[0]!, models[1]!, '--hr', at('hr'), '--make-lr', '--crop', '34', '--output', output)).toBe(
      0,
    );
    const sizes = await Promise.all(['hr', 'lr'].map((name) => decodePhoto(path.join(output, name, 'a.png'))));
    expect(sizes.map(({ height, width }) => [height, width])).toEqual([
      [32, 32],
      [8, 8],
    ]);
    expect(Object.keys((await report(output)).means)).toEqual(['psnr', 'ssim', 'st-lpips-alex']);
  });

  it(
    'stand beside the published table by a protocol, which says what it cannot measure',
    { timeout: 60_000 },
    async () => {
      const output = at('protocol');
      const args = [models[0]!, models[1]!, '--lr', at('lr'), '--hr', at('hr'), '--output', output];
      await expect(run(...args, '--protocol', 'sinsr', '--dataset', 'RealSF')).rejects.toThrow(/Did you mean RealSR/);
      const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      expect(await run(...args, '--protocol', 'sinsr', '--dataset', 'realsr')).toBe(0);
      printed.mockRestore();
      // Inputs are JPEG files: so are the release's results.
      expect((await readdir(path.join(output, 'restored', 'one'))).sort()).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
      const page = await readFile(path.join(output, 'index.html'), 'utf8');
      expect(page).toMatch(/ResShift-VSD \(published\)/);
      expect(page).toContain('25.91');
      expect(page).toMatch(/lpips-alex is left out: it needs .*--metric-weights lpips-alex=FILE/);
      const settings = JSON.parse(await readFile(path.join(output, 'restored', 'one.json'), 'utf8')) as object;
      expect(settings).toMatchObject({ tile: 512, overlap: 64, asRelease: true });
    },
  );
});

describe('refuses', () => {
  it.each([
    ['nothing to evaluate', [], /nothing to evaluate/],
    ['a path without a name', ['--restored', 'some/folder'], /--restored: a name is missing/],
    ['a name that leads elsewhere', ['--model', '..=a', '--lr', 'l'], /--model: a name is missing/],
    ['a name that the page needs', ['--restored', 'HR=a'], /--restored: the name stands for something else/],
    ['a name twice', ['--restored', 'x=a', '--model', 'x=b', '--lr', 'lr'], /given twice; found x/],
    ['models without inputs', ['--model', 'x=b'], /models need images to restore/],
    ['an unknown metric', ['--restored', 'x=a', '--metrics', 'pnsr'], /no such metric.*Did you mean psnr/],
    ['a metric without its weights', ['--restored', 'x=a', '--metrics', 'lpips-vgg'], /compares with originals/],
    ['an option twice', ['--restored', 'x=a', '--hr', 'a', '--hr', 'b'], /--hr: given more than once/],
    [
      'steps of a model that there is not',
      ['--model', 'x=a', '--lr', 'l', '--steps', 'y=2'],
      /--steps: no model.*found y/,
    ],
    ['no steps', ['--model', 'x=a', '--lr', 'l', '--steps', 'x=0'], /--steps: impossible number/],
    ['tiles beside a protocol', ['--restored', 'x=a', '--protocol', 'sinsr', '--tile', '3'], /mutually exclusive/],
    ['a crop without making inputs', ['--restored', 'x=a', '--crop', '3'], /crop -> make-lr/],
  ])('%s', async (_, args, message) => {
    await expect(run('--output', at('refused'), ...args)).rejects.toThrow(message);
  });

  it('a folder without images', async () => {
    await mkdir(at('empty'), { recursive: true });
    await writeFile(at('empty', 'notes.txt'), '');
    await expect(run('--restored', `x=${at('empty')}`, '--hr', at('hr'), '--output', at('out'))).rejects.toThrow(
      /the folder has no image/,
    );
  });
});
