/** @file Rules between sizes: crops, latents, attention windows, widths and norm groups. */
import type { Fail } from './fail.js';
import { hasFake } from './methods.js';
import type { RunConfig } from './schema.js';

/** Image channels of LQ and HR. */
const IMAGE_CHANNELS = 3;
/** Least bottleneck side of the dmd2 head: 4x4 stride 2 pad 1, then 4x4. */
const DMD2_LEAST_SIDE = 8;
/** A map of this side has four 8x8 patches. */
const LEAST_SIDE_OF_PATCHES = 9;

function levelFactor(multipliers: readonly number[]): number {
  return 2 ** (multipliers.length - 1);
}

function requireMultiple(fail: Fail, key: string, value: number, of: number, what: string): void {
  if (value % of !== 0)
    fail(key, `${what} does not divide evenly`, { expected: `a multiple of ${of}`, found: `${value}` });
}

function checkAutoencoder({ autoencoder, data }: RunConfig, fail: Fail): void {
  const { ch, chMult, normGroups, numResBlocks } = autoencoder;
  requireMultiple(
    fail,
    'data.gtSize',
    data.gtSize,
    levelFactor(chMult),
    'the crop, halved between autoencoder levels,',
  );
  for (const m of chMult)
    requireMultiple(fail, 'autoencoder.ch', ch * m, normGroups, `a level's width (ch * ${m}) over normGroups`);
  if (Array.isArray(numResBlocks) && numResBlocks.length !== chMult.length) {
    fail('autoencoder.numResBlocks', 'one entry for each level is needed', {
      expected: `${chMult.length} entries, as autoencoder.chMult has`,
      found: `${numResBlocks.length}`,
    });
  }
  if (autoencoder.inChannels !== IMAGE_CHANNELS || autoencoder.outCh !== IMAGE_CHANNELS) {
    fail('autoencoder.inChannels', 'images are RGB', {
      expected: `inChannels and outCh ${IMAGE_CHANNELS}`,
      found: `${autoencoder.inChannels} and ${autoencoder.outCh}`,
    });
  }
}

function checkWidths({ teacher: { unet }, autoencoder }: RunConfig, fail: Fail): void {
  const { modelChannels, channelMult, numResBlocks, normGroups, swinEmbedDim, numHeadChannels, condLq, lqSize } = unet;
  if (numResBlocks.length !== channelMult.length) {
    fail('teacher.unet.numResBlocks', 'one entry for each level is needed', {
      expected: `${channelMult.length} entries, as channelMult has`,
      found: `${numResBlocks.length}`,
    });
  }
  for (const m of channelMult) {
    requireMultiple(
      fail,
      'teacher.unet.modelChannels',
      modelChannels * m,
      normGroups,
      `a level's width (modelChannels * ${m}) over normGroups`,
    );
  }
  requireMultiple(fail, 'teacher.unet.swinEmbedDim', swinEmbedDim, normGroups, 'the Swin width over normGroups');
  requireMultiple(
    fail,
    'teacher.unet.swinEmbedDim',
    swinEmbedDim,
    numHeadChannels,
    'the Swin width over numHeadChannels',
  );
  if (unet.outChannels !== autoencoder.embedDim) {
    fail('teacher.unet.outChannels', 'the network does not predict a latent', {
      expected: `autoencoder.embedDim = ${autoencoder.embedDim}`,
      found: `${unet.outChannels}`,
    });
  }
  const lqChannels = condLq && lqSize === undefined ? IMAGE_CHANNELS : 0;
  if (unet.inChannels !== autoencoder.embedDim + lqChannels) {
    fail('teacher.unet.inChannels', 'the input channels do not add up', {
      expected: `${autoencoder.embedDim + lqChannels} (latent ${autoencoder.embedDim} + LQ ${lqChannels}; noise is not counted)`,
      found: `${unet.inChannels}`,
    });
  }
}

/** The latent of a crop must halve at every level and divide into windows where the level attends. */
function checkWindows({ teacher: { unet }, autoencoder, data }: RunConfig, fail: Fail): void {
  const { imageSize, channelMult, attentionResolutions, windowSize } = unet;
  const latentSide = data.gtSize / levelFactor(autoencoder.chMult);
  const last = channelMult.length - 1;
  requireMultiple(fail, 'teacher.unet.imageSize', imageSize, 2 ** last, 'the nominal side, halved between levels,');
  if (latentSide % 2 ** last !== 0) {
    fail('data.gtSize', 'the latent does not halve at every level of the network', {
      expected: `a latent side that is a multiple of ${2 ** last}`,
      found: `latent side ${latentSide} for gtSize ${data.gtSize}`,
    });
  }
  for (let level = 0; level <= last; level++) {
    const nominal = imageSize / 2 ** level;
    const side = latentSide / 2 ** level;
    const window = Math.min(windowSize, nominal);
    // The middle block, on the last level, always attends.
    const attends = level === last || attentionResolutions.includes(nominal);
    if (attends && side % window !== 0) {
      fail('data.gtSize', 'sizes that do not fit the window', {
        expected: `at level ${level} a feature map whose side is a multiple of the window ${window}`,
        found: `side ${side} (latent ${latentSide} for gtSize ${data.gtSize})`,
      });
    }
  }
}

function checkCondition({ teacher: { unet }, autoencoder, data, diffusion }: RunConfig, fail: Fail): void {
  if (diffusion.sf !== data.scale) {
    fail('diffusion.sf', 'the process and the data disagree on the super-resolution factor', {
      expected: `data.scale = ${data.scale}`,
      found: `${diffusion.sf}`,
    });
  }
  const latentSide = data.gtSize / levelFactor(autoencoder.chMult);
  const lqSide = data.gtSize / data.scale;
  if (unet.condLq && unet.lqSize === undefined && lqSide !== latentSide) {
    fail('data.scale', 'the LQ image cannot be laid beside the latent', {
      expected: `the autoencoder's reduction, ${levelFactor(autoencoder.chMult)}, or teacher.unet.lqSize`,
      found: `${data.scale} (LQ side ${lqSide}, latent side ${latentSide})`,
    });
  }
}

function checkGanHead({ rsd: { gan }, teacher: { unet }, autoencoder, data }: RunConfig, fail: Fail): void {
  const side = data.gtSize / levelFactor(autoencoder.chMult) / levelFactor(unet.channelMult);
  if (gan.weight > 0 && gan.head === 'dmd2' && side < DMD2_LEAST_SIDE) {
    fail('rsd.gan.head', 'the bottleneck is too small for this head', {
      expected: `a side of at least ${DMD2_LEAST_SIDE} for dmd2`,
      found: `${side}`,
      remedy: 'Use the head pooled.',
    });
  }
}

/** SinSR's covariance needs more than one patch of 8x8 in a latent. */
function checkPatches({ sinsr, autoencoder, data }: RunConfig, fail: Fail): void {
  const side = data.gtSize / levelFactor(autoencoder.chMult);
  if (sinsr.covarianceWeight === 0 || side >= LEAST_SIDE_OF_PATCHES) return;
  fail('sinsr.covarianceWeight', 'the latent is too small for the covariance of its patches', {
    expected: `a latent side of at least ${LEAST_SIDE_OF_PATCHES}, or 0`,
    found: `side ${side} for gtSize ${data.gtSize}`,
  });
}

/** The crop that is degraded holds the one that is trained on. */
function checkCropPad({ data: { cropPad, gtSize, scale } }: RunConfig, fail: Fail): void {
  if (cropPad === null) return;
  requireMultiple(fail, 'data.cropPad', cropPad, scale, 'the crop over data.scale');
  if (cropPad < gtSize) {
    fail('data.cropPad', 'the crop that is degraded is smaller than the one that is cut of it', {
      expected: `at least data.gtSize = ${gtSize}`,
      found: `${cropPad}`,
    });
  }
}

/** Checks sizes and widths that concern the run's method. */
export function checkSizes(config: RunConfig, fail: Fail): void {
  requireMultiple(fail, 'data.gtSize', config.data.gtSize, config.data.scale, 'the crop over data.scale');
  checkCropPad(config, fail);
  checkAutoencoder(config, fail);
  if (config.method === 'autoencoder') return;
  checkWidths(config, fail);
  checkWindows(config, fail);
  checkCondition(config, fail);
  if (hasFake(config.method)) checkGanHead(config, fail);
  if (config.method === 'sinsr') checkPatches(config, fail);
}
