/** @file Networks recognised from shapes: every official manifest, and the small golden checkpoints. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matchParams } from '../../src/models/match.js';
import { readModelFile } from '../../src/models/model_file.js';
import { recognise } from '../../src/models/recognise.js';
import type { AutoencoderConfig } from '../../src/nn/autoencoder_config.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { openWeightFile, networkTensors } from '../../src/weights/weight_file.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenJson } from '../helpers/golden_tensors.js';

interface Entry {
  shape: number[];
  kind: 'parameter' | 'buffer';
}
interface UNetManifest {
  config: {
    image_size: number;
    in_channels: number;
    model_channels: number;
    out_channels: number;
    attention_resolutions: number[];
    channel_mult: number[];
    num_res_blocks: number[];
    num_head_channels: number;
    swin_depth: number;
    swin_embed_dim: number;
    window_size: number;
    mlp_ratio: number;
    cond_lq: boolean;
    cond_mask?: boolean;
    lq_size?: number;
    noise_channels?: number;
  };
  state_dict: Record<string, Entry>;
}
interface AutoencoderManifest {
  config: {
    embed_dim: number;
    n_embed: number;
    ddconfig: {
      z_channels: number;
      in_channels: number;
      out_ch: number;
      ch: number;
      ch_mult: number[];
      num_res_blocks: number | number[];
    };
  };
  state_dict: Record<string, Entry>;
}

const manifests = readdirSync(goldenPath('manifests')).filter((name) => name.endsWith('.json'));
const unets = manifests.filter((name) => name.startsWith('unet'));
const autoencoders = manifests.filter((name) => name.startsWith('vqgan'));

function parametersOf(tensors: ReadonlyMap<string, Entry>): Map<string, Entry> {
  return new Map([...tensors].filter(([, { kind }]) => kind === 'parameter'));
}

/** An LR image of the latent's size can be counted in in_channels or told by lq_size: the same network either way. */
function expectedUNet({ config: c }: UNetManifest): Partial<UNetConfig> {
  const extracted = c.lq_size !== undefined && c.lq_size !== c.image_size;
  return {
    imageSize: c.image_size,
    inChannels: c.lq_size !== undefined && !extracted ? c.in_channels + 3 : c.in_channels,
    modelChannels: c.model_channels,
    outChannels: c.out_channels,
    attentionResolutions: c.attention_resolutions,
    channelMult: c.channel_mult,
    numResBlocks: c.num_res_blocks,
    numHeadChannels: c.num_head_channels,
    swinDepth: c.swin_depth,
    swinEmbedDim: c.swin_embed_dim,
    windowSize: c.window_size,
    mlpRatio: c.mlp_ratio,
    condLq: c.cond_lq,
    patchNorm: false,
    noiseChannels: c.noise_channels ?? 0,
    ...(extracted ? { lqSize: c.lq_size } : {}),
    ...(c.cond_mask ? { condMask: true } : {}),
  };
}

/** Factors of the official configs by the side of their LR image. */
const FACTOR: Readonly<Record<string, number>> = {
  'unet-resshift-x2.json': 2,
  'unet-resshift-faceir.json': 1,
  'unet-resshift-inpaint.json': 1,
};

describe.each(unets)('%s', (name) => {
  const manifest = goldenJson<UNetManifest>('manifests', name);
  const tensors = new Map(Object.entries(manifest.state_dict));
  const params = parametersOf(tensors);

  it('is recognised with its whole config', () => {
    const found = recognise(tensors, name);
    if (found.kind === 'autoencoder') throw new Error('taken for an autoencoder');
    expect(found.kind).toBe(manifest.config.noise_channels ? 'student' : 'teacher');
    expect(found.unet).toMatchObject(expectedUNet(manifest));
    expect(found.sf).toBe(FACTOR[name] ?? 4);
    expect(found.assumed).toEqual(['normGroups 32']);
  });

  it('has exactly the parameters of that config, also when it comes without buffers', () => {
    const found = recognise(params, name);
    if (found.kind === 'autoencoder') throw new Error('taken for an autoencoder');
    expect(found.assumed).toEqual(['normGroups 32', 'imageSize 64']);
    const specs = unetSpecs(found.unet);
    expect(specs.map(({ name: key, shape }) => [key, shape])).toEqual(
      [...params].map(([key, { shape }]) => [key, shape]),
    );
  });
});

describe.each(autoencoders)('%s', (name) => {
  const { config, state_dict } = goldenJson<AutoencoderManifest>('manifests', name);
  const params = parametersOf(new Map(Object.entries(state_dict)));

  it('is recognised with its whole config', () => {
    const found = recognise(params, name);
    if (found.kind !== 'autoencoder') throw new Error(`taken for a ${found.kind}`);
    const d = config.ddconfig;
    expect(found.autoencoder).toMatchObject({
      embedDim: config.embed_dim,
      nEmbed: config.n_embed,
      zChannels: d.z_channels,
      inChannels: d.in_channels,
      outCh: d.out_ch,
      ch: d.ch,
      chMult: d.ch_mult,
      numResBlocks: d.num_res_blocks,
    } satisfies Partial<AutoencoderConfig>);
    const specs = autoencoderSpecs(found.autoencoder);
    expect(specs.map(({ name: key, shape }) => [key, shape])).toEqual(
      [...params].map(([key, { shape }]) => [key, shape]),
    );
  });
});

describe('a damaged official U-Net', () => {
  const manifest = goldenJson<UNetManifest>('manifests', 'unet-full.json');
  const official = parametersOf(new Map(Object.entries(manifest.state_dict)));
  const held = (change: (tensors: Map<string, Entry>) => void): void => {
    const tensors = new Map(official);
    change(tensors);
    const found = recognise(tensors, 'case.pth');
    if (found.kind === 'autoencoder') throw new Error('taken for an autoencoder');
    matchParams(tensors, unetSpecs(found.unet), 'case.pth');
  };

  it('lists what is missing, unexpected and of another shape, the first few of each, in one error', () => {
    expect(() => {
      held((tensors) => {
        for (const key of official.keys()) if (key.startsWith('output_blocks.11.')) tensors.delete(key);
        tensors.set('extra.weight', { shape: [1], kind: 'parameter' });
        tensors.set('time_embed.2.bias', { shape: [639], kind: 'parameter' });
      });
    }).toThrow(
      /case\.pth: .* 12 missing: output_blocks\.11\.0\.in_layers\.0\.weight.* and 7 more; 1 unexpected: extra\.weight; 1 of another shape: time_embed\.2\.bias \[639\] instead of \[640\]/,
    );
  });

  it('names a parameter that recognition needs', () => {
    expect(() => {
      held((tensors) => tensors.delete('time_embed.0.weight'));
    }).toThrow('case.pth: time_embed.0.weight: the network cannot be recognised without this parameter');
  });

  it('is refused with input channels of no known meaning', () => {
    expect(() => {
      held((tensors) => tensors.set('input_blocks.0.0.weight', { shape: [160, 9, 3, 3], kind: 'parameter' }));
    }).toThrow('input_blocks.0.0.weight: shapes do not tell what 3 input channels beside x and the LR image are');
  });
});

/** Config of a golden folder's network; that of `rsd` is the one of its training runs. */
function folderConfig(folder: string): UNetManifest['config'] {
  const info = goldenJson<{ config: UNetManifest['config']; nano?: { config: UNetManifest['config'] } }>(
    folder,
    'info.json',
  );
  return info.nano?.config ?? info.config;
}

describe('small networks, nominal size told by their buffers', () => {
  it.each([
    ['unet-tiny', ['unet-tiny', 'weights_half.pth']],
    ['unet-micro', ['unet-micro', 'weights_module_prefix_half.pth']],
    ['rsd', ['rsd', 'nano_teacher.pth']],
  ])('%s', async (folder, file) => {
    if (!hasGolden(...file)) {
      console.log(goldenTitle(folder, ...file));
      return;
    }
    const opened = await openWeightFile(goldenPath(...file));
    const found = recognise(networkTensors('file', opened), 'file');
    await opened.close();
    if (found.kind === 'autoencoder') throw new Error('taken for an autoencoder');
    expect(found.unet).toMatchObject(expectedUNet({ config: folderConfig(folder), state_dict: {} }));
  });
});

const NANO = ['rsd', 'nano_teacher.pth'];
it.skipIf(!hasGolden(...NANO))(goldenTitle('a .pth file is a model without any config', ...NANO), async () => {
  const { kind, unet, diffusion, assumed } = await readModelFile(goldenPath(...NANO));
  expect(kind).toBe('teacher');
  expect(unet!.config.imageSize).toBe(folderConfig('rsd').image_size);
  expect(unet!.tree.get('input_blocks.0.0.weight')!.data).toHaveLength(32 * 6 * 9);
  expect(diffusion!.sf).toBe(4);
  expect(assumed).toContain('diffusion of the 15-step RealSR model');
});
