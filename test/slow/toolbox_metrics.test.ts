/**
 * @file MUSIQ, CLIP-IQA, MANIQA and FID against the Python toolbox pyiqa 0.1.11, whose networks get formula weights and write
 * the files that ours read. It is installed into a throw-away environment; `RSD_IQA_PYTHON` names a Python that has it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../src/engine/tfjs.js';
import { fromRgb8, toRgb8, type Pixels } from '../../src/images/pixels.js';
import { maniqaCorners } from '../../src/metrics/maniqa.js';
import { imageMetrics, setMetrics, type ImageMetricName, type SetMetricName } from '../../src/metrics/registry.js';
import { formulaUniform } from '../helpers/formula_weights.js';

const SCRIPT = join(import.meta.dirname, 'toolbox_metrics.py');
/** The toolbox itself comes without its requirements, which conflict; these are what its networks import. */
const REQUIREMENTS =
  'torch torchvision numpy safetensors timm addict lmdb opencv-python-headless pandas pyyaml requests scikit-image scipy ' +
  'tqdm einops openai-clip facexlib filterpy numba future yapf tensorboard sentencepiece';

/** MANIQA takes 20 crops of each image; more than a side of 225 would make them all different. */
const SIZES: Record<string, [number, number]> = { 'square.png': [225, 225], 'tall.png': [301, 230] };

let folder: string;
let python: string;

function picture(key: string, height: number, width: number): Pixels {
  const noise = formulaUniform(key, height * width * 3);
  const data = Float32Array.from(noise, (u, i) => {
    const [y, x] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width];
    return 0.5 + 0.35 * Math.sin(x / 17 + y / 23 + (i % 3)) + 0.3 * u;
  });
  return fromRgb8(toRgb8({ height, width, data }));
}

async function writePicture(file: string, image: Pixels): Promise<void> {
  const { height, width, data } = toRgb8(image);
  await writeFile(
    file,
    await sharp(data, { raw: { height, width, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

function installToolbox(): string {
  const environment = join(folder, 'venv');
  execFileSync('python3', ['-m', 'venv', environment]);
  const installed = join(environment, 'bin', 'python');
  const pip = ['-m', 'pip', 'install', '--quiet'];
  execFileSync(installed, [...pip, ...REQUIREMENTS.split(' ')], { stdio: 'inherit' });
  execFileSync(installed, [...pip, '--no-deps', 'pyiqa==0.1.11'], { stdio: 'inherit' });
  return installed;
}

/** The toolbox's numbers; its weights are at {@link weightsOf} then. */
function toolbox(metric: string): Record<string, number> {
  const output = execFileSync(python, [SCRIPT, folder, metric], { encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, number>;
}

const weightsOf = (metric: string): string => join(folder, `${metric}.safetensors`);
const SET = [0, 1, 2, 3];
const setPicture = (set: string, i: number): Pixels => picture(`${set} ${i}`, 60 + 7 * i, set === 'restored' ? 80 : 90);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-toolbox-'));
  python = process.env['RSD_IQA_PYTHON'] ?? installToolbox();
  for (const name of ['images', 'restored', 'reference']) mkdirSync(join(folder, name));
  for (const [name, size] of Object.entries(SIZES)) {
    await writePicture(join(folder, 'images', name), picture(name, ...size));
  }
  for (const set of ['restored', 'reference']) {
    for (const i of SET) await writePicture(join(folder, set, `${i}.png`), setPicture(set, i));
  }
}, 30 * 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** Values are of the order of 1; MANIQA's softmaxes are steep under these weights. */
const METRICS: [string, ImageMetricName, number][] = [
  ['musiq', 'musiq-koniq', 1e-4],
  ['clipiqa', 'clipiqa', 1e-5],
];

describe.each(METRICS)('%s', (name, registered, tolerance) => {
  it('agrees', async () => {
    const expected = toolbox(name);
    const before = tf.memory().numTensors;
    const measure = await imageMetrics[registered].load({ weights: weightsOf(name) });
    for (const [file, size] of Object.entries(SIZES)) {
      const found = await measure.measure(picture(file, ...size));
      console.log(`${name} ${file}: ${found}, toolbox ${expected[file]!}`);
      expect(Math.abs(found - expected[file]!)).toBeLessThanOrEqual(tolerance);
    }
    measure.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('maniqa agrees', async () => {
  const name = 'square.png';
  await rm(join(folder, 'images', 'tall.png'));
  const image = picture(name, ...SIZES[name]!);
  await writeFile(join(folder, 'corners.json'), JSON.stringify(maniqaCorners(image)));
  const expected = toolbox('maniqa')[name]!;
  const measure = await imageMetrics['maniqa-pipal'].load({ weights: weightsOf('maniqa') });
  const found = await measure.measure(image);
  measure.dispose();
  console.log(`maniqa: ${found}, toolbox ${expected}`);
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-4);
});

it('fid agrees', async () => {
  const expected = toolbox('fid');
  const modes: [SetMetricName, string][] = [
    ['fid', 'clean'],
    ['fid-pytorch', 'legacy_pytorch'],
  ];
  for (const [name, mode] of modes) {
    const measure = await setMetrics[name].load({ weights: weightsOf('fid') });
    for (const i of SET) {
      await measure.addRestored(setPicture('restored', i));
      await measure.addReference(setPicture('reference', i));
    }
    console.log(`${name}: ${measure.result()}, toolbox ${expected[mode]!}`);
    expect(Math.abs(measure.result() / expected[mode]! - 1)).toBeLessThanOrEqual(1e-4);
    measure.dispose();
  }
});
