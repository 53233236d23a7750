/** @file Options of the VQ autoencoder. */
import { UserError } from '../errors/user_error.js';

/** Options of the first stage; names are the official keys in camelCase. */
export interface AutoencoderConfig {
  /** Channels of the latent and of the codes. */
  readonly embedDim: number;
  /** Number of codes. */
  readonly nEmbed: number;
  readonly zChannels: number;
  readonly inChannels: number;
  readonly outCh: number;
  /** Base width. */
  readonly ch: number;
  /** Width of each level as a multiple of `ch`; each level but the last halves the sides. */
  readonly chMult: readonly number[];
  /** Residual blocks per level of the encoder, one number for all or one each; the decoder has one more. */
  readonly numResBlocks: number | readonly number[];
  /** Resolutions with attention besides the middle; none of the supported models has any. */
  readonly attnResolutions: readonly number[];
  /** Nominal image side. */
  readonly resolution: number;
  /** Groups of every norm. Official: 32. */
  readonly normGroups: number;
  /**
   * Not in official models (false). A number s adds s times the first block coefficients (mean colour and lowest grey
   * frequencies, `block_transform.ts`) to the latent, and to the decoded image the one that has the (quantised) latent's
   * coefficients: the network then only models what is left, and starts as that transform.
   */
  readonly anchored: number | false;
  /**
   * Whether latents are replaced by codes before they are decoded. Official: true. False decodes them as they are (the
   * reference's `force_not_quantize`), which small codebooks need for colours without noise.
   */
  readonly quantized: boolean;
}

/** Epsilon of every norm in the autoencoder. */
export const AUTOENCODER_NORM_EPS = 1e-6;

/** What the config decides about the structure. */
export interface AutoencoderPlan {
  /** Encoder blocks of each level. */
  readonly blocks: readonly number[];
  /** Width of each level. */
  readonly widths: readonly number[];
  /** Image side over latent side. */
  readonly factor: number;
}

/**
 * The autoencoder's levels.
 * @throws UserError for attention outside the middle, an incomplete list of blocks, widths the groups do not divide, or
 *   an anchored latent that holds fewer values than a colour or more than a block.
 */
export function planAutoencoder(config: AutoencoderConfig): AutoencoderPlan {
  const { ch, chMult, numResBlocks, normGroups } = config;
  if (config.attnResolutions.length > 0) {
    throw new UserError('attention is supported in the middle only', {
      key: 'attnResolutions',
      expected: 'an empty list',
      found: config.attnResolutions.join(', '),
    });
  }
  const blocks = typeof numResBlocks === 'number' ? chMult.map(() => numResBlocks) : numResBlocks;
  if (blocks.length !== chMult.length) {
    throw new UserError('one number per level is needed', {
      key: 'numResBlocks',
      expected: `${chMult.length} numbers`,
      found: String(blocks.length),
    });
  }
  const widths = chMult.map((mult) => ch * mult);
  for (const width of [ch, ...widths]) {
    if (width % normGroups !== 0) {
      throw new UserError(`widths must be multiples of normGroups (${normGroups})`, {
        key: 'ch',
        found: String(width),
      });
    }
  }
  const factor = 2 ** (chMult.length - 1);
  const most = config.inChannels + factor ** 2 - 1;
  const fits = config.embedDim >= config.inChannels && config.embedDim <= most && config.inChannels === config.outCh;
  if (config.anchored !== false && !fits) {
    throw new UserError('an anchored latent holds the mean colour of each block and frequencies of it', {
      key: 'embedDim',
      expected: `${config.inChannels} to ${most}`,
      found: String(config.embedDim),
    });
  }
  return { blocks, widths, factor };
}
