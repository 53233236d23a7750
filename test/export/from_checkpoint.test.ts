import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/cli/rsd_export.js';
import { exportCheckpoint } from '../../src/export/from_checkpoint.js';
import { readModelFile, writeModelFile } from '../../src/models/model_file.js';
import { CheckpointStore } from '../../src/training/checkpoint_store.js';
import { runPaths } from '../../src/training/run_folder.js';
import { formulaStudent } from '../helpers/micro_models.js';

const TIMESTEPS = [14, 7];
const students = new Map([10, 20, 30].map((iteration) => [iteration, formulaStudent({ salt: iteration })]));
const SCORES: Record<number, number> = { 10: 0.4, 20: 0.2, 30: 0.3 };
const { unet, autoencoder, diffusion } = formulaStudent();

let folder: string;
let run: string;
let autoencoderFile: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rsd-export-'));
  run = path.join(folder, 'run');
  autoencoderFile = path.join(folder, 'autoencoder.safetensors');
  await writeModelFile(autoencoderFile, { kind: 'autoencoder', autoencoder });
  await mkdir(run);
  const { noiseChannels, ...unetConfig } = unet!.config;
  await writeRun(run, {
    method: 'rsd',
    rsd: { timesteps: TIMESTEPS, noiseChannels },
    teacher: { unet: unetConfig },
    diffusion,
    autoencoder: { weights: autoencoderFile, ...autoencoder!.config },
    data: { gtSize: 64 },
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** A run folder with three checkpoints of the formula students. */
async function writeRun(root: string, config: object): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeFile(runPaths(root).config, stringify(config));
  const store = new CheckpointStore(runPaths(root).checkpoints, { keepLast: 0 });
  for (const [iteration, student] of students) {
    const other = { shape: [1], data: Float32Array.of(iteration) };
    const groups = { ema: student.unet!.tree, student: new Map([['other', other]]) };
    await store.save({ iteration, counters: {}, groups }, { score: SCORES[iteration] });
  }
}

const out = (name: string): string => path.join(folder, name);

describe('exportCheckpoint', () => {
  it('writes the newest EMA student with configs, timesteps and autoencoder', async () => {
    const result = await exportCheckpoint({ checkpoint: run, output: out('latest.safetensors') });
    const model = await readModelFile(out('latest.safetensors'));
    expect(result.iteration).toBe(30);
    expect(model.unet).toEqual(students.get(30)!.unet);
    expect(model.autoencoder).toEqual(autoencoder);
    expect(model.diffusion).toEqual(diffusion);
    expect(JSON.parse(model.extra['timesteps']!)).toEqual(TIMESTEPS);
    expect(JSON.parse(model.extra['training']!)).toMatchObject({ method: 'rsd', iteration: 30, score: 0.3 });
  });

  it('takes the best one, the one of an iteration, or a checkpoint folder', async () => {
    const best = await exportCheckpoint({ checkpoint: run, which: 'best', output: out('best.safetensors') });
    expect(best.iteration).toBe(20);
    const tenth = await exportCheckpoint({ checkpoint: run, which: 10, output: out('10.safetensors') });
    expect((await readModelFile(out('10.safetensors'))).unet).toEqual(students.get(10)!.unet);
    const same = await exportCheckpoint({ checkpoint: tenth.folder, output: out('same.safetensors') });
    expect(same.iteration).toBe(10);
  });

  it('can leave the autoencoder out, or take another one', async () => {
    await exportCheckpoint({ checkpoint: run, autoencoder: false, output: out('small.safetensors') });
    expect((await readModelFile(out('small.safetensors'))).autoencoder).toBeUndefined();
    const other = formulaStudent({ salt: 5 }).autoencoder!;
    await writeModelFile(out('other.safetensors'), { kind: 'autoencoder', autoencoder: other });
    await exportCheckpoint({ checkpoint: run, autoencoder: out('other.safetensors'), output: out('with.safetensors') });
    expect((await readModelFile(out('with.safetensors'))).autoencoder).toEqual(other);
  });

  it('says what is wrong', async () => {
    const refusal = (options: { checkpoint: string; which?: number; autoencoder?: string }) =>
      expect(exportCheckpoint({ ...options, output: out('never.safetensors') })).rejects;
    await refusal({ checkpoint: folder }).toThrow('neither a run folder nor a checkpoint');
    await refusal({ checkpoint: run, which: 11 }).toThrow('found iterations 10, 20, 30');
    await refusal({ checkpoint: run, autoencoder: out('none') }).toThrow(/none: .*not exist/);
    const damaged = out('damaged');
    const config = { method: 'rsd', autoencoder: { weights: autoencoderFile } };
    await writeRun(damaged, config);
    await refusal({ checkpoint: damaged, autoencoder: autoencoderFile }).toThrow(/do not fit the configured network/);
    const ema = path.join(damaged, 'checkpoints', 'iteration-00000030', 'ema.safetensors');
    await writeFile(ema, 'cut');
    await refusal({ checkpoint: damaged }).toThrow(/ema\.safetensors: .*cut short/);
  });
});

describe('rsd-export', () => {
  it('answers 0 and writes the file', async () => {
    const argv = [
      '--checkpoint',
      run,
      '--which',
      '20',
      '--output',
      out('cli.safetensors'),
      '--no-autoencoder',
      '--log-level',
      'error',
    ];
    expect(await main(argv)).toBe(0);
    const model = await readModelFile(out('cli.safetensors'));
    expect([model.unet, model.autoencoder]).toEqual([students.get(20)!.unet, undefined]);
    await expect(main(argv)).rejects.toThrow(
      'cli.safetensors: the file exists. Choose another --output, or add --overwrite',
    );
    expect(await main([...argv, '--overwrite'])).toBe(0);
  });

  it('refuses what --which cannot be', async () => {
    const argv = ['--checkpoint', run, '--which', 'newest', '--output', out('which.safetensors')];
    await expect(main(argv)).rejects.toThrow(
      '--which: no such choice; expected latest, best, or an iteration; found newest',
    );
  });
});

it('rounds to half precision on request, at half the size', async () => {
  await main(['--checkpoint', run, '--output', out('whole.safetensors')]);
  await main(['--checkpoint', run, '--half', '--output', out('half.safetensors')]);
  const [whole, half] = await Promise.all(['whole', 'half'].map((name) => readModelFile(out(`${name}.safetensors`))));
  expect((await stat(out('half.safetensors'))).size).toBeLessThan(0.6 * (await stat(out('whole.safetensors'))).size);
  for (const [name, { data }] of whole!.unet!.tree) {
    const rounded = half!.unet!.tree.get(name)!.data;
    const worst = data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - rounded[i]!) / (Math.abs(value) + 1e-4)),
      0,
    );
    expect(worst, name).toBeLessThan(2 ** -10);
  }
});
