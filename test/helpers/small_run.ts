/** @file A whole training run small enough for tests: photos, a teacher, an autoencoder and a run file in one folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { runSchema } from '../../src/config/schema.js';
import { freshParams } from '../../src/models/fresh.js';
import { writeModelFile } from '../../src/models/model_file.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { writePhoto } from './photos.js';
import { smallAutoencoder, smallUNet } from './small_networks.js';

const PROGRAM = fileURLToPath(new URL('../../bin/rsd-train.js', import.meta.url));
const PHOTOS = 5;
const SIDE = 64;

/** Writes everything a run of `method` needs into `folder` and returns its run file. */
export async function smallRun(
  folder: string,
  method: 'rsd' | 'resshift' | 'autoencoder',
  train: object = {},
  data: object = {},
): Promise<string> {
  for (let i = 0; i < PHOTOS; i++) await writePhoto(join(folder, 'photos', `${i}.png`), SIDE + 8 * i, SIDE + 16, i);
  const autoencoder = { config: smallAutoencoder, tree: freshParams(autoencoderSpecs(smallAutoencoder), 1) };
  const unet = { config: smallUNet, tree: freshParams(unetSpecs(smallUNet), 2) };
  const { diffusion } = runSchema.parse({});
  const weights = {
    autoencoder: join(folder, 'autoencoder.safetensors'),
    teacher: join(folder, 'teacher.safetensors'),
  };
  await writeModelFile(weights.autoencoder, { kind: 'autoencoder', autoencoder });
  await writeModelFile(weights.teacher, { kind: 'teacher', unet, diffusion, autoencoder });
  const { noiseChannels: _, ...network } = smallUNet;
  const config = {
    method,
    seed: 5,
    train: {
      iterations: 12,
      batch: 2,
      microBatch: 2,
      lr: 1e-3,
      checkpointEvery: 2,
      validateEvery: 6,
      imagesEvery: 0,
      ema: 0.9,
      ...train,
    },
    rsd: { fakeUpdates: 2, perceptual: { weight: 0, metric: 'none' }, mse: { weight: 1, space: 'image' } },
    autoencoderTraining: { perceptual: { weight: 0, metric: 'none' }, codebookInit: { atIteration: 5 } },
    data: {
      train: join(folder, 'photos'),
      validation: { hr: join(folder, 'photos'), count: 1 },
      gtSize: SIDE,
      rescale: false,
      workers: 0,
      ...data,
    },
    teacher: { weights: weights.teacher, unet: network },
    autoencoder: { weights: weights.autoencoder, ...smallAutoencoder },
  };
  const file = join(folder, `${method}.yaml`);
  await writeFile(file, stringify(config));
  return file;
}

/** `rsd-train` as a process of its own. */
export interface TrainProcess {
  readonly child: ChildProcess;
  /** Exit code or signal, and everything it printed. */
  readonly ended: Promise<{ code: number | NodeJS.Signals; output: string }>;
}

/** Starts `rsd-train` with these arguments. */
export function startTraining(...args: string[]): TrainProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args]);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => ({
    code: (code ?? signal) as number | NodeJS.Signals,
    output,
  }));
  return { child, ended };
}
