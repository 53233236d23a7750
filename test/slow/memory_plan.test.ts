/** @file Trainings in processes of their own take the memory that `rsd-train --dry-run` says, within 15 %. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, it } from 'vitest';
import { autoencoderConfigOf } from '../../src/autoencoder/read.js';
import { loadRunConfig } from '../../src/config/load.js';
import { perceptualMetrics } from '../../src/losses/perceptual.js';
import { freshParams } from '../../src/models/fresh.js';
import { writeModelFile } from '../../src/models/model_file.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { temporaryFolder, writePhoto } from '../helpers/photos.js';
import { startTraining } from '../helpers/small_run.js';

const TOLERANCE = 0.15;
const PHOTOS = 4;
const PHOTO_SIDE = 300;
/** The last one writes a checkpoint and the model. */
const ITERATIONS = 2;

let folder: string;
const at = (name: string): string => join(folder, name);

/** Files of the official sizes with fresh weights. */
async function writeFullSize(): Promise<void> {
  const { config } = await loadRunConfig('realsr.yaml');
  const unet = { ...config.teacher.unet, noiseChannels: 0 };
  await writeModelFile(at('teacher.safetensors'), {
    kind: 'teacher',
    unet: { config: unet, tree: freshParams(unetSpecs(unet), 1) },
    diffusion: config.diffusion,
  });
  const autoencoder = autoencoderConfigOf(config);
  await writeModelFile(at('autoencoder.safetensors'), {
    kind: 'autoencoder',
    autoencoder: { config: autoencoder, tree: freshParams(autoencoderSpecs(autoencoder), 1) },
  });
  await writeSafetensors(at('lpips.safetensors'), freshParams(perceptualMetrics['lpips-alex'].specs(), 1));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  for (let i = 0; i < PHOTOS; i++) await writePhoto(at(`photos/${i}.png`), PHOTO_SIDE, PHOTO_SIDE, i);
  await writeFullSize();
}, 300_000);

/** Peak of the resident memory of `rsd-train` with these arguments, MiB. */
async function measuredPeak(args: readonly string[]): Promise<number> {
  const { child, ended } = startTraining(...args);
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const highest = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      if (highest) peak = Number(highest[1]) / 1024;
    } catch {
      // The process has just ended.
    }
    await sleep(50);
  }
  const { code, output } = await ended;
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  return peak;
}

/** What the dry run says, MiB. */
async function plannedPeak(args: readonly string[]): Promise<number> {
  const { code, output } = await startTraining(...args, '--dry-run', '--no-measure').ended;
  const sum = /expected peak of the process[^]*?\n {2}sum +([\d,]+) MiB/.exec(output);
  expect({ code, output: sum ? '' : output }).toEqual({ code: 0, output: '' });
  return Number(sum![1]!.replaceAll(',', ''));
}

const full = (): string[] => [
  'train.batch=1',
  'train.microBatch=1',
  `autoencoder.weights=${at('autoencoder.safetensors')}`,
];
const fullRsd = (): string[] => [
  ...full(),
  'rsd.fakeUpdates=1',
  `teacher.weights=${at('teacher.safetensors')}`,
  `rsd.perceptual.weights=${at('lpips.safetensors')}`,
];

const runs: readonly (readonly [string, string, () => string[]])[] = [
  ['tiny distillation in micro-batches', 'tiny-student.yaml', () => ['train.microBatch=4', 'rsd.warmupFakeUpdates=0']],
  ['ResShift training at official size', 'realsr.yaml', () => ['method=resshift', ...full()]],
  ['distillation at official size', 'realsr.yaml', fullRsd],
  ['distillation at official size, recomputing', 'realsr.yaml', () => [...fullRsd(), 'train.recompute=true']],
];

it.each(runs)('%s', { timeout: 1_800_000 }, async (name, file, keys) => {
  const sets = [
    ...keys(),
    `train.iterations=${ITERATIONS}`,
    `data.train=${at('photos')}`,
    'data.validation.hr=null',
    'data.validation.lq=null',
    'data.cacheMb=16',
  ].flatMap((set) => ['--set', set]);
  const args = ['--config', file, '--out', at(name.replaceAll(/\W/g, '-')), ...sets];
  const planned = await plannedPeak(args);
  const measured = await measuredPeak(args);
  console.log(
    `${name}: planned ${planned} MiB, measured ${measured.toFixed(0)} MiB (${(100 * (planned / measured - 1)).toFixed(1)} %)`,
  );
  expect(Math.abs(planned / measured - 1)).toBeLessThan(TOLERANCE);
});
