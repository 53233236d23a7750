/** @file Options of the Swin U-Net and the block structure that follows from them. */
import { UserError } from '../errors/user_error.js';

/** Options of the denoiser; names are the official keys in camelCase. */
export interface UNetConfig {
  /** Nominal latent side: decides which levels get attention and where windows are clamped, not the input's size. */
  readonly imageSize: number;
  /** Channels of x plus LR image; of x alone when `lqSize` is given. Never counts noise. */
  readonly inChannels: number;
  readonly modelChannels: number;
  readonly outChannels: number;
  /** Residual blocks per level of the encoder; the decoder has one more. */
  readonly numResBlocks: readonly number[];
  /** Width of each level as a multiple of `modelChannels`. */
  readonly channelMult: readonly number[];
  /** Nominal resolutions with attention. */
  readonly attentionResolutions: readonly number[];
  readonly numHeadChannels: number;
  readonly swinDepth: number;
  readonly swinEmbedDim: number;
  readonly windowSize: number;
  readonly mlpRatio: number;
  /** Norm after the 1x1 convolutions around the transformer blocks. Official: false. */
  readonly patchNorm: boolean;
  /** Whether the LR image is concatenated to x. */
  readonly condLq: boolean;
  /** Side of the LR image at nominal size (ResShift release); larger than `imageSize` means a feature extractor. */
  readonly lqSize?: number;
  /** Whether the LR image carries a mask as fourth channel (inpainting; needs `lqSize`). */
  readonly condMask?: boolean;
  /** Groups of every norm. Official: 32. */
  readonly normGroups: number;
  /** Channels of noise that follow the LR channels (student: 1). */
  readonly noiseChannels: number;
  /** Whether the time embedding sees a second timestep, the student's (a fake that is told it). No published network does. */
  readonly studentTimestep?: boolean;
}

/** Epsilon of every norm in the U-Net. */
export const UNET_NORM_EPS = 1e-5;

/** One module of a block; its name is the block's name and the module's place in it. */
export type UNetModule =
  | { readonly kind: 'conv'; readonly inputs: number; readonly outputs: number }
  | { readonly kind: 'res'; readonly inputs: number; readonly outputs: number }
  | { readonly kind: 'swin'; readonly channels: number; readonly window: number; readonly shift: number }
  | { readonly kind: 'down'; readonly channels: number }
  | { readonly kind: 'up'; readonly channels: number };

/** A named sequence of modules, e.g. `input_blocks.1`. */
export interface UNetBlock {
  readonly name: string;
  readonly modules: readonly UNetModule[];
}

/** Everything the config decides about the network's structure. */
export interface UNetPlan {
  readonly inputBlocks: readonly UNetBlock[];
  readonly middleBlock: UNetBlock;
  readonly outputBlocks: readonly UNetBlock[];
  /** Stages of the LR feature extractor, each halving the side. */
  readonly lqStages: readonly { readonly inputs: number; readonly width: number }[];
  /** Input height and width must be multiples of this. */
  readonly multiple: number;
}

function leastCommonMultiple(a: number, b: number): number {
  const gcd = (m: number, n: number): number => (n === 0 ? m : gcd(n, m % n));
  return (a / gcd(a, b)) * b;
}

function requireMultiple(key: string, value: number, divisor: number, reason: string): void {
  if (divisor < 1 || value % divisor !== 0) {
    throw new UserError(`a multiple of ${divisor} is needed: ${reason}`, { key, found: String(value) });
  }
}

/** LR feature extractor of the ResShift release: floor(log2(lqSize / imageSize)) stages from 16 channels, doubling. */
function planLqStages(config: UNetConfig): UNetPlan['lqStages'] {
  const { condLq, lqSize, imageSize } = config;
  if (!condLq || lqSize === undefined || lqSize === imageSize) return [];
  if (lqSize < imageSize) {
    throw new UserError('the LR side cannot be smaller than imageSize', { key: 'lqSize', found: String(lqSize) });
  }
  let inputs = config.condMask ? 4 : 3;
  return Array.from({ length: Math.floor(Math.log2(lqSize / imageSize)) }, (_, stage) => {
    const width = 16 * 2 ** stage;
    const current = { inputs, width };
    inputs = 2 * width;
    return current;
  });
}

/** Input channels of the first convolution: x, LR features, noise. */
function firstChannels(config: UNetConfig, lqStages: UNetPlan['lqStages']): number {
  const last = lqStages.at(-1);
  const plain = config.condMask ? 4 : 3;
  const lq = config.condLq && config.lqSize !== undefined ? (last ? 2 * last.width : plain) : 0;
  return config.inChannels + lq + config.noiseChannels;
}

/**
 * The network's blocks.
 * @throws UserError when widths are not multiples of the number of groups or heads.
 */
export function planUNet(config: UNetConfig): UNetPlan {
  const { channelMult, numResBlocks, modelChannels, windowSize, normGroups } = config;
  if (numResBlocks.length !== channelMult.length) {
    throw new UserError('one number per level is needed', {
      key: 'numResBlocks',
      expected: `${channelMult.length} numbers`,
      found: String(numResBlocks.length),
    });
  }
  requireMultiple('swinEmbedDim', config.swinEmbedDim, normGroups, `normGroups is ${normGroups}`);
  requireMultiple('swinEmbedDim', config.swinEmbedDim, config.numHeadChannels, 'heads have equal width');
  requireMultiple('modelChannels', modelChannels, normGroups, `normGroups is ${normGroups}`);

  let multiple = 2 ** (channelMult.length - 1);
  const swin = (level: number, channels: number): UNetModule => {
    const nominal = config.imageSize >> level;
    const clamped = nominal <= windowSize;
    const window = clamped ? nominal : windowSize;
    multiple = leastCommonMultiple(multiple, 2 ** level * window);
    return { kind: 'swin', channels, window, shift: clamped ? 0 : Math.floor(windowSize / 2) };
  };
  const attends = (level: number): boolean => config.attentionResolutions.includes(config.imageSize >> level);

  const lqStages = planLqStages(config);
  let channels = modelChannels * channelMult[0]!;
  const inputBlocks: UNetBlock[] = [];
  const skips: number[] = [];
  const push = (...modules: UNetModule[]): void => {
    inputBlocks.push({ name: `input_blocks.${inputBlocks.length}`, modules });
    skips.push(channels);
  };
  push({ kind: 'conv', inputs: firstChannels(config, lqStages), outputs: channels });
  channelMult.forEach((mult, level) => {
    for (let j = 0; j < numResBlocks[level]!; j++) {
      const inputs = channels;
      channels = modelChannels * mult;
      const modules: UNetModule[] = [{ kind: 'res', inputs, outputs: channels }];
      if (j === 0 && attends(level)) modules.push(swin(level, channels));
      push(...modules);
    }
    if (level < channelMult.length - 1) push({ kind: 'down', channels });
  });

  const deepest = channelMult.length - 1;
  const res: UNetModule = { kind: 'res', inputs: channels, outputs: channels };
  const middleBlock: UNetBlock = { name: 'middle_block', modules: [res, swin(deepest, channels), res] };

  const outputBlocks: UNetBlock[] = [];
  for (let level = deepest; level >= 0; level--) {
    for (let i = 0; i <= numResBlocks[level]!; i++) {
      const inputs = channels + skips.pop()!;
      channels = modelChannels * channelMult[level]!;
      const modules: UNetModule[] = [{ kind: 'res', inputs, outputs: channels }];
      if (i === 0 && attends(level)) modules.push(swin(level, channels));
      if (level > 0 && i === numResBlocks[level]!) modules.push({ kind: 'up', channels });
      outputBlocks.push({ name: `output_blocks.${outputBlocks.length}`, modules });
    }
  }
  return { inputBlocks, middleBlock, outputBlocks, lqStages, multiple };
}
