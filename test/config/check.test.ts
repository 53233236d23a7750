/** @file Rules between keys of a run file: each broken rule is named before anything is built. */
import { describe, expect, it } from 'vitest';
import { checkParsed, checkRun } from '../../src/config/check.js';
import { resolveRun, studentTimesteps } from '../../src/config/resolve.js';
import { runSchema } from '../../src/config/schema.js';

function check(values: object): void {
  const parsed = runSchema.parse(values);
  checkParsed(parsed, { file: 'run.yaml' });
  checkRun(resolveRun(parsed), { file: 'run.yaml' });
}

/** A network small enough for a 64-pixel crop: latent 16, two levels, windows of 8 and 8. */
const small = {
  data: { gtSize: 64 },
  teacher: {
    unet: {
      imageSize: 16,
      modelChannels: 32,
      channelMult: [1, 2],
      numResBlocks: [1, 1],
      swinEmbedDim: 32,
      attentionResolutions: [16, 8],
    },
  },
};

function smallWith(unet: object): object {
  return { ...small, teacher: { unet: { ...small.teacher.unet, ...unet } } };
}

describe('rules between keys', () => {
  it('hold for the defaults and for a small network', () => {
    expect(() => {
      check({});
    }).not.toThrow();
    expect(() => {
      check(small);
    }).not.toThrow();
  });

  it.each([
    [{ train: { batch: 8, microBatch: 3 } }, /run\.yaml: train\.microBatch: .*divisor of train\.batch = 8; found 3/],
    [{ train: { batch: 4, microBatch: 8 } }, /train\.microBatch/],
    [
      { train: { scheduler: { name: 'milestones' } } },
      /train\.scheduler\.milestones: .*expected ascending iterations; found none/,
    ],
    [
      { train: { scheduler: { name: 'milestones', milestones: [9, 9] } } },
      /train\.scheduler\.milestones: .*found \[9, 9\]/,
    ],
    [{ data: { pool: 100 } }, /data\.pool: .*a multiple of train\.batch = 64; found 100/],
    [
      { data: { degradation: { kind: 'realesrgan', second: { kernelList: ['iso'] } } } },
      /data\.degradation\.second\.kernelProb: .*expected 1 shares, as kernelList has families; found 6/,
    ],
    [
      { data: { degradation: { kind: 'realesrgan', first: { resizeProb: [0, 0, 0] } } } },
      /data\.degradation\.first\.resizeProb: nothing could be drawn/,
    ],
    [
      { data: { degradation: { kind: 'realesrgan', resizeBack: 4 } } },
      /resizeBack: .*data\.scale: 1.*found data\.scale 4/,
    ],
    [{ data: { rescale: false, cropPad: 302 } }, /data\.cropPad: .*a multiple of 4; found 302/],
    [{ rsd: { timesteps: [3, 7] } }, /rsd\.timesteps: the last timestep is missing.*found \[7, 3\]/],
    [{ rsd: { timesteps: [14, 15] } }, /rsd\.timesteps: a timestep is out of range.*up to 14/],
    [{ rsd: { timesteps: [14, 3, 3] } }, /rsd\.timesteps: a timestep is listed twice/],
    [{ rsd: { timesteps: [14], timestepCount: 1 } }, /rsd\.timestepCount: .*given twice/],
    [{ rsd: { timestepCount: 16 } }, /rsd\.timestepCount: .*at most diffusion\.steps = 15; found 16/],
    [{ method: 'vsd', rsd: { timesteps: [3, 7] } }, /rsd\.timesteps: the last timestep is missing/],
    [
      { method: 'sinsr', diffusion: { predictType: 'epsilon' } },
      /diffusion\.predictType: SinSR .*expected a teacher that predicts xstart or residual; found epsilon/,
    ],
    [
      {
        ...{ method: 'sinsr', sinsr: { covarianceWeight: 0.1 }, data: { gtSize: 32 } },
        teacher: { unet: { imageSize: 8, channelMult: [1], numResBlocks: [1], attentionResolutions: [8] } },
      },
      /sinsr\.covarianceWeight: .*at least 9, or 0; found side 8 for gtSize 32/,
    ],
    [{ data: { gtSize: 250 } }, /data\.gtSize: .*multiple of 4; found 250/],
    [{ data: { gtSize: 96 } }, /data\.gtSize: sizes that do not fit the window.*level 1.*window 8; found side 12/],
    [{ data: { gtSize: 240 } }, /data\.gtSize: the latent does not halve at every level.*found latent side 60/],
    [{ diffusion: { sf: 2 } }, /diffusion\.sf: .*data\.scale = 4; found 2/],
    [
      { data: { scale: 2 }, diffusion: { sf: 2 } },
      /data\.scale: .*laid beside the latent.*found 2 \(LQ side 128, latent side 64\)/,
    ],
    [smallWith({ modelChannels: 48 }), /teacher\.unet\.modelChannels: .*multiple of 32; found 48/],
    [smallWith({ swinEmbedDim: 48 }), /teacher\.unet\.swinEmbedDim: .*normGroups.*found 48/],
    [
      smallWith({ swinEmbedDim: 64, numHeadChannels: 48 }),
      /teacher\.unet\.swinEmbedDim: .*numHeadChannels.*multiple of 48/,
    ],
    [smallWith({ numResBlocks: [1] }), /teacher\.unet\.numResBlocks: .*2 entries.*found 1/],
    [smallWith({ inChannels: 7 }), /teacher\.unet\.inChannels: .*noise is not counted\); found 7/],
    [smallWith({ outChannels: 4 }), /teacher\.unet\.outChannels: .*embedDim = 3; found 4/],
    [{ ...small, autoencoder: { ch: 48 } }, /autoencoder\.ch: .*multiple of 32; found 48/],
    [{ ...small, autoencoder: { numResBlocks: [1, 2] } }, /autoencoder\.numResBlocks: .*3 entries/],
    [
      { ...smallWith({ imageSize: 8 }), data: { gtSize: 32 } },
      /rsd\.gan\.head: .*at least 8 for dmd2; found 4\. Use the head pooled/,
    ],
  ])('%j', (values, message) => {
    expect(() => {
      check(values);
    }).toThrow(message);
  });

  it('concern the method only', () => {
    expect(() => {
      check({ method: 'autoencoder', teacher: { unet: { inChannels: 7 } } });
    }).not.toThrow();
    expect(() => {
      check({ method: 'resshift', rsd: { timesteps: [3] } });
    }).not.toThrow();
  });
});

describe('studentTimesteps', () => {
  it.each([
    [15, 4, [14, 11, 7, 3]],
    [15, 1, [14]],
    [15, 15, [14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    [4, 2, [3, 1]],
  ])('of T=%i, N=%i', (steps, n, expected) => {
    expect(studentTimesteps(steps, n)).toEqual(expected);
  });
});

describe('the metric of the best checkpoint', () => {
  const perceptual = (values: object): void => {
    check({ train: { bestMetric: 'perceptual' }, ...values });
  };

  it('can be perceptual where the run has such a term', () => {
    expect(() => {
      perceptual({});
    }).not.toThrow();
  });

  it.each([
    ['no weight', { rsd: { perceptual: { weight: 0 } } }],
    ['another method', { method: 'resshift' }],
  ])('cannot with %s', (_, values) => {
    expect(() => {
      perceptual(values);
    }).toThrow(/train\.bestMetric: the validation of this run has no such metric; .*rsd\.perceptual.*found perceptual/);
  });

  it('can be one that validation is asked for, with its weights', () => {
    const dists = (train: object) => (): void => check({ train: { bestMetric: 'dists', ...train } });
    const validationMetrics = ['niqe', 'dists'];
    expect(dists({ validationMetrics, metricWeights: { dists: 'vgg16.pth' } })).not.toThrow();
    expect(dists({ validationMetrics: ['niqe'] })).toThrow(/train\.bestMetric: .*expected .*niqe, or one named.*dists/);
    expect(dists({ validationMetrics })).toThrow(/train\.metricWeights\.dists: validation by dists needs weights/);
  });
});
