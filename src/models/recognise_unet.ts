/** @file Recognises the Swin U-Net from its parameters' shapes. */
import type { UNetConfig } from '../nn/unet_config.js';
import type { Recognised } from './recognised.js';
import { assumeGroups, type Shapes } from './shapes.js';

/** The parameter that tells a U-Net: its input channels are x, LR image or features, noise. */
export const FIRST_CONVOLUTION = 'input_blocks.0.0.weight';

const OFFICIAL_SIZE = 64;
/** No latent is as large. */
const MAX_SIZE = 2 ** 16;
/** Channels of the LR image. */
const LQ_CHANNELS = 3;
/** Factor of the official autoencoder with 3 latent channels, and of the one with 8. */
const AUTOENCODER_FACTORS = new Map([
  [3, 4],
  [8, 8],
]);

/** @throws UserError if a parameter that is needed is missing, or for kinds that are not supported. */
export function recogniseUNet(shapes: Shapes): Recognised {
  const [, inputs] = shapes.get(FIRST_CONVOLUTION, 4) as [number, number];
  const [outChannels] = shapes.get('out.2.weight', 4) as [number];
  const [modelChannels] = shapes.get('time_embed.0.weight', 2).slice(1) as [number];
  const levels = encoderLevels(shapes, modelChannels);
  const swin = swinOptions(shapes, levels);
  const { imageSize, sizeAssumed } = nominalSize(shapes, levels, swin);
  const input = inputOptions(shapes, { inputs, outChannels, imageSize });
  const { noiseChannels } = input;
  const unet: UNetConfig = {
    imageSize,
    ...input.config,
    modelChannels,
    outChannels,
    numResBlocks: levels.map(({ blocks }) => blocks),
    channelMult: levels.map(({ mult }) => mult),
    attentionResolutions: levels.flatMap(({ swin: layer }, level) => (layer ? [imageSize >> level] : [])),
    ...swin.config,
    normGroups: assumeGroups(shapes, 'time_embed.0.weight', [modelChannels, swin.config.swinEmbedDim]),
    noiseChannels,
  };
  const assumed = [`normGroups ${unet.normGroups}`];
  if (sizeAssumed) assumed.push(`imageSize ${imageSize}`);
  return {
    kind: noiseChannels > 0 ? 'student' : 'teacher',
    description: describe(unet, inputs),
    unet,
    sf: Math.max(1, (AUTOENCODER_FACTORS.get(outChannels) ?? 4) / input.lqPerLatent),
    assumed,
  };
}

function describe({ noiseChannels, lqSize, condMask, condLq }: UNetConfig, inputs: number): string {
  const notes = [
    `${inputs} input channels`,
    noiseChannels > 0 && `${noiseChannels} of noise`,
    lqSize !== undefined && 'LR feature extractor',
    condMask && 'mask',
    !condLq && 'no LR image',
  ];
  return `Swin U-Net with ${notes.filter(Boolean).join(', ')}`;
}

interface Level {
  readonly blocks: number;
  readonly mult: number;
  /** Name of its first transformer layer, if it attends. */
  readonly swin: string | undefined;
}

/** Input blocks from the first convolution on: residual blocks, one downsampling between levels. */
function encoderLevels(shapes: Shapes, modelChannels: number): Level[] {
  const levels: { blocks: number; mult: number; swin: string | undefined }[] = [];
  let open = false;
  const blocks = shapes.count('input_blocks');
  for (let index = 1; index < blocks; index++) {
    const name = `input_blocks.${index}`;
    if (shapes.has(`${name}.0.op`)) {
      open = false;
      continue;
    }
    if (!open) {
      const convolution = `${name}.0.in_layers.2.weight`;
      const [width] = shapes.get(convolution, 4) as [number];
      if (width % modelChannels !== 0)
        shapes.refuse(convolution, 'no multiple of the base width', `a multiple of ${modelChannels}`);
      levels.push({ blocks: 0, mult: width / modelChannels, swin: shapes.has(`${name}.1`) ? `${name}.1` : undefined });
      open = true;
    }
    levels.at(-1)!.blocks++;
  }
  if (levels.length === 0) shapes.refuse('input_blocks.1', 'the encoder has no levels');
  return levels;
}

const MIDDLE_LAYER = 'middle_block.1';

/** Window side of a layer from its table of relative positions, (2 window - 1)^2 rows. */
function windowOf(shapes: Shapes, layer: string): number {
  const table = `${layer}.blocks.0.attn.relative_position_bias_table`;
  const [rows] = shapes.get(table, 2) as [number];
  const window = (Math.sqrt(rows) + 1) / 2;
  if (!Number.isInteger(window)) shapes.refuse(table, 'no table of relative positions', '(2 window - 1)^2 rows');
  return window;
}

interface Swin {
  readonly config: Pick<
    UNetConfig,
    'numHeadChannels' | 'swinDepth' | 'swinEmbedDim' | 'windowSize' | 'mlpRatio' | 'patchNorm'
  >;
  /** Window of the deepest level, which the nominal size may clamp. */
  readonly deepestWindow: number;
}

function swinOptions(shapes: Shapes, levels: readonly Level[]): Swin {
  const [swinEmbedDim] = shapes.get(`${MIDDLE_LAYER}.patch_embed.proj.weight`, 4) as [number];
  const block = `${MIDDLE_LAYER}.blocks.0`;
  const table = `${block}.attn.relative_position_bias_table`;
  const [, heads] = shapes.get(table, 2) as [number, number];
  if (swinEmbedDim % heads !== 0) shapes.refuse(table, 'heads of unequal width', `heads that divide ${swinEmbedDim}`);
  const deepestWindow = windowOf(shapes, MIDDLE_LAYER);
  const windows = levels.flatMap(({ swin }) => (swin === undefined ? [] : [windowOf(shapes, swin)]));
  return {
    config: {
      numHeadChannels: swinEmbedDim / heads,
      swinDepth: shapes.count(`${MIDDLE_LAYER}.blocks`),
      swinEmbedDim,
      windowSize: Math.max(deepestWindow, ...windows),
      mlpRatio: shapes.get(`${block}.mlp.fc1.weight`, 4)[0]! / swinEmbedDim,
      patchNorm: shapes.has(`${MIDDLE_LAYER}.patch_embed.norm`),
    },
    deepestWindow,
  };
}

/**
 * Nominal latent side. The buffers of official files tell it: a level of windows `w` that it does not clamp has a mask of
 * shape `[(side / w)^2, w^2, w^2]`, a clamped one has none. Without buffers a window that is smaller at the deepest level
 * tells it; else the official one is assumed, or one large enough for the windows.
 */
function nominalSize(
  shapes: Shapes,
  levels: readonly Level[],
  { config: { windowSize }, deepestWindow }: Swin,
): { imageSize: number; sizeAssumed: boolean } {
  for (const [level, { swin }] of levels.entries()) {
    // Only the second block of a layer is shifted.
    const block = `${swin}.blocks.1`;
    if (swin === undefined || !shapes.has(`${block}.attn.relative_position_index`)) continue;
    const [windows] = shapes.find(`${block}.attn_mask`) ?? [1];
    const side = Math.sqrt(windows!) * windowOf(shapes, swin) * 2 ** level;
    if (Number.isInteger(side) && side <= MAX_SIZE) return { imageSize: side, sizeAssumed: false };
  }
  const deepest = levels.length - 1;
  if (deepestWindow < windowSize) return { imageSize: deepestWindow * 2 ** deepest, sizeAssumed: false };
  return { imageSize: Math.max(OFFICIAL_SIZE, windowSize * 2 ** deepest), sizeAssumed: true };
}

type InputConfig = Pick<UNetConfig, 'inChannels' | 'condLq' | 'lqSize' | 'condMask'>;

/** What the first convolution sees: x of `outChannels`, the LR image or its features, noise. */
function inputOptions(
  shapes: Shapes,
  { inputs, outChannels, imageSize }: { inputs: number; outChannels: number; imageSize: number },
): { config: InputConfig; noiseChannels: number; lqPerLatent: number } {
  const first = shapes.find('feature_extractor.0.weight');
  if (first) {
    let stages = 0;
    while (shapes.has(`feature_extractor.${3 * stages}`)) stages++;
    const [features] = shapes.get(`feature_extractor.${3 * stages - 1}.op.weight`, 4) as [number];
    const lqPerLatent = 2 ** stages;
    return {
      config: {
        inChannels: outChannels,
        condLq: true,
        lqSize: imageSize * lqPerLatent,
        ...(first[1] === LQ_CHANNELS + 1 ? { condMask: true } : {}),
      },
      noiseChannels: noiseOf(shapes, inputs - outChannels - features),
      lqPerLatent,
    };
  }
  if (inputs === outChannels)
    return { config: { inChannels: inputs, condLq: false }, noiseChannels: 0, lqPerLatent: 1 };
  const inChannels = outChannels + LQ_CHANNELS;
  return { config: { inChannels, condLq: true }, noiseChannels: noiseOf(shapes, inputs - inChannels), lqPerLatent: 1 };
}

/** One more channel is noise; shapes do not tell what several are (a DDGAN fake sees another latent). */
function noiseOf(shapes: Shapes, rest: number): number {
  if (rest === 0 || rest === 1) return rest;
  return shapes.refuse(
    FIRST_CONVOLUTION,
    `shapes do not tell what ${rest} input channels beside x and the LR image are`,
    'none, or one of noise',
  );
}
