/** @file Every member of the family resolves to the networks, process and run that its release has. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAssumedNetworks } from '../../../src/config/assumed.js';
import { loadRunConfig } from '../../../src/config/load.js';
import { mappingLines } from '../../../src/config/official/mapping_text.js';
import { createSchedule } from '../../../src/diffusion/schedule.js';
import { autoencoderSpecs } from '../../../src/nn/autoencoder_specs.js';
import type { ParamSpec } from '../../../src/nn/param_spec.js';
import { unetSpecs } from '../../../src/nn/unet_specs.js';
import { goldenTitle, hasGolden } from '../../helpers/golden.js';
import { goldenJson } from '../../helpers/golden_tensors.js';
import {
  bicubicFile,
  changed,
  faceFile,
  inpaintingFile,
  journalFile,
  officialFile,
  resshiftFile,
  rsdFile,
  sinsrFile,
  x2File,
  type Section,
} from './family.js';

function parameters(specs: readonly ParamSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0);
}

interface Manifest {
  readonly parameters: number;
  readonly state_dict: Readonly<Record<string, { shape: number[]; kind: string }>>;
}

function manifestShapes({ state_dict }: Manifest): Record<string, number[]> {
  const entries = Object.entries(state_dict).filter(([, { kind }]) => kind === 'parameter');
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]));
}

function shapes(specs: readonly ParamSpec[]): Record<string, readonly number[]> {
  return Object.fromEntries(specs.map(({ name, shape }) => [name, shape]));
}

// Parameter counts: docs of the releases' networks (118.59 M, ...).
const MEMBERS: readonly [name: string, values: Section, count: number, manifest: string, table: string][] = [
  ['15-step x4', resshiftFile(), 118593583, 'unet-full', 'realsr_swinunet_realesrgan256'],
  ['4-step x4', journalFile(), 118593583, 'unet-resshift-realsr', 'realsr_swinunet_realesrgan256_journal'],
  ['4-step x2', x2File(), 118640431, 'unet-resshift-x2', 'realsr_realesrgan256_x2'],
  ['bicubic x4', bicubicFile(), 118593583, 'unet-resshift-realsr', 'bicx4_swinunet_lpips'],
  ['face restoration', faceFile(), 118931604, 'unet-resshift-faceir', 'faceir_gfpgan512_lpips'],
];

describe.each(MEMBERS)('%s', (_, values, count, manifest, table) => {
  it(`has a network of ${count} parameters`, async () => {
    const { unet } = await loadAssumedNetworks(await officialFile(values));
    expect(parameters(unetSpecs(unet))).toBe(count);
  });

  const parts = ['manifests', `${manifest}.json`];
  it.skipIf(!hasGolden(...parts))(goldenTitle('has the official parameters and shapes', ...parts), async () => {
    const { unet } = await loadAssumedNetworks(await officialFile(values));
    expect(shapes(unetSpecs(unet))).toEqual(manifestShapes(goldenJson<Manifest>(...parts)));
  });

  it('has the schedule of its release', async () => {
    const { diffusion } = await loadAssumedNetworks(await officialFile(values));
    const { tables } = goldenJson<{ tables: { name: string; sqrt_etas: number[] }[] }>('schedule.json');
    const { sqrt_etas } = tables.find(({ name }) => name === `ResShift/${table}`)!;
    const { sqrtEtas } = createSchedule(diffusion);
    // Golden README: 1e-12 relative in float64.
    sqrt_etas.forEach((expected, t) => expect(Math.abs(sqrtEtas[t]! / expected - 1)).toBeLessThan(1e-12));
    expect(sqrtEtas.length).toBe(sqrt_etas.length);
  });
});

describe('autoencoders', () => {
  it.each([
    ['f4', resshiftFile(), 55322782, 'vqgan-full', 'weights/autoencoder_vq_f4.pth'],
    ['f8 of faces', faceFile(), 77009115, 'vqgan-faceir-f8', 'weights/ffhq512_vq_f8_dim8_face.pth'],
  ] as const)('%s', async (_, values, count, manifest, weights) => {
    const { autoencoder, autoencoderWeights } = await loadAssumedNetworks(await officialFile(values));
    const specs = autoencoderSpecs(autoencoder!);
    expect(parameters(specs)).toBe(count);
    expect(autoencoderWeights).toBe(weights);
    const parts = ['manifests', `${manifest}.json`];
    if (hasGolden(...parts)) expect(shapes(specs)).toEqual(manifestShapes(goldenJson<Manifest>(...parts)));
  });
});

describe('RSD.yaml', () => {
  it('is configs/realsr.yaml after resolving', async () => {
    const { config } = await loadRunConfig(await officialFile(rsdFile()));
    expect(config).toEqual((await loadRunConfig('realsr')).config);
  });

  it('differs from it when a value does', async () => {
    const { config } = await loadRunConfig(await officialFile(changed(rsdFile(), 'train.n_fake_loop', 1)));
    expect(config.rsd.fakeUpdates).toBe(1);
  });
});

describe('SinSR.yaml', () => {
  it('resolves to the method sinsr', async () => {
    const { config } = await loadRunConfig(await officialFile(sinsrFile()));
    expect(config).toMatchObject({
      method: 'sinsr',
      sinsr: { inverse: true, hrWeight: 1 },
      teacher: { weights: 'weights/resshift_realsrx4_s15_v1.pth' },
      train: { betas: [0.9, 0.999], batch: 64, microBatch: 64, scheduler: { name: 'milestones' } },
      data: { train: ['traindata/train.txt', 'traindata/ffhq256.txt'], validation: { hr: null } },
    });
  });

  it('is the shipped sinsr.yaml but for the photos', async () => {
    const { config } = await loadRunConfig(await officialFile(sinsrFile()));
    const { config: shipped } = await loadRunConfig('sinsr');
    const { train, validation } = shipped.data;
    expect({ ...config, data: { ...config.data, train, validation } }).toEqual(shipped);
  });

  it('can be distilled by RSD instead', async () => {
    const { config } = await loadRunConfig(await officialFile(sinsrFile()), ['method=rsd']);
    expect(config).toMatchObject({ method: 'rsd', rsd: { timesteps: [14, 11, 7, 3] } });
  });
});

describe('a ResShift teacher', () => {
  it('resolves to the method resshift with the learning rate of its release', async () => {
    const official = changed(resshiftFile(), 'diffusion.params.weighted_mse', true);
    const { config } = await loadRunConfig(await officialFile(changed(official, 'model.ckpt_path', 'start.pth')));
    expect(config).toMatchObject({
      method: 'resshift',
      resshift: { weightedMse: true, initFrom: 'start.pth' },
      train: { lr: 5e-5, betas: [0.9, 0.999], scheduler: { name: 'milestones', milestones: [5000, 500000] } },
    });
  });

  it('of another task resolves for training where the task is there', async () => {
    const { config } = await loadRunConfig(await officialFile(x2File()));
    expect(config).toMatchObject({ data: { scale: 2 }, diffusion: { sf: 2 }, teacher: { unet: { lqSize: 128 } } });
    const bicubic = await loadRunConfig(await officialFile(bicubicFile()));
    expect(bicubic.config.data).toMatchObject({ train: 'photos', degradation: { kind: 'bicubic' }, scale: 4 });
  });

  it('of faces is for restoring only, of inpainting not even that', async () => {
    await expect(loadRunConfig(await officialFile(faceFile()))).rejects.toThrow(
      /data\.train\.type: not supported \(line \d+\); expected "realesrgan" or "bicubic"; found "face"/,
    );
    const inpainting = await officialFile(inpaintingFile());
    const message = /model\.params\.cond_mask: not supported \(line \d+\); expected false; found true.*inpainting/;
    await expect(loadRunConfig(inpainting)).rejects.toThrow(message);
    await expect(loadAssumedNetworks(inpainting)).rejects.toThrow(message);
  });
});

const RELEASED = resolve(import.meta.dirname, '../../../../shared/official-configs');
const files = ['RSD.yaml', 'SinSR.yaml', 'realsr_swinunet_realesrgan256.yaml'];
const present = files.every((name) => existsSync(resolve(RELEASED, name)));

describe.skipIf(!present)(
  `the released files${present ? '' : ' (skipped: they are not beside the repository)'}`,
  () => {
    it.each([
      ['RSD.yaml', rsdFile()],
      ['SinSR.yaml', sinsrFile()],
      // This one keeps the autoencoder elsewhere.
      [
        'realsr_swinunet_realesrgan256.yaml',
        changed(resshiftFile(), 'autoencoder.ckpt_path', 'weights/autoencoder/autoencoder_vq_f4.pth'),
      ],
    ])('%s is what the tests above take it for', async (name, ours) => {
      const released = await loadRunConfig(resolve(RELEASED, name));
      const written = await loadRunConfig(await officialFile(ours));
      expect(released.config).toEqual(written.config);
      const sorted = (fates: typeof released.official): string[] => mappingLines(fates!).toSorted();
      expect(sorted(released.official)).toEqual(sorted(written.official));
    });
  },
);
