/** @file Sizes and options that do not fit are the user's to mend: the error says what would fit. */
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../src/engine/tfjs.js';
import { UserError } from '../../src/errors/user_error.js';
import { toMemoryShape } from '../../src/models/layout.js';
import { encode } from '../../src/nn/autoencoder.js';
import { planAutoencoder } from '../../src/nn/autoencoder_config.js';
import { unet } from '../../src/nn/unet.js';
import { planUNet, type UNetConfig } from '../../src/nn/unet_config.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { smallAutoencoder as vq, smallUNet as config } from '../helpers/small_networks.js';

function run(
  options: UNetConfig,
  size: readonly [number, number],
  lqSize: readonly [number, number],
): readonly number[] {
  return tf.tidy(() => {
    const params = Object.fromEntries(
      unetSpecs(options).map(({ name, shape }) => [name, tf.zeros([...toMemoryShape(name, shape)])]),
    );
    const image = ([height, width]: readonly [number, number]): Tensor => tf.zeros([1, height, width, 3]);
    return unet(params, options, { x: image(size), t: tf.tensor1d([3], 'int32'), lq: image(lqSize) }).shape;
  });
}

describe('the U-Net', () => {
  it.each([
    ['attention at both levels', config, 16],
    ['a window clamped to the nominal side', { ...config, imageSize: 8, attentionResolutions: [8] }, 8],
    ['attention in the middle only', { ...config, imageSize: 32, attentionResolutions: [] }, 16],
  ])('takes multiples that fit its windows: %s', (_, options, multiple) => {
    expect(planUNet(options).multiple).toBe(multiple);
    expect(run(options, [multiple, 2 * multiple], [multiple, 2 * multiple])).toEqual([1, multiple, 2 * multiple, 3]);
  });

  it('says which multiple a latent that does not fit needs', () => {
    expect(() => run(config, [16, 24], [16, 24])).toThrow(UserError);
    expect(() => run(config, [16, 24], [16, 24])).toThrow(/multiples of 16; found 16x24/);
  });

  it('takes an LR image of the latent size or a quarter, or twice with channels for it', () => {
    expect(run(config, [16, 16], [4, 4])).toEqual([1, 16, 16, 3]);
    expect(run({ ...config, inChannels: 15 }, [16, 16], [32, 32])).toEqual([1, 16, 16, 3]);
    expect(() => run(config, [16, 16], [8, 8])).toThrow(/8x8 does not fit the latent of 16x16/);
  });

  it('takes an LR image of the nominal ratio through the feature extractor', () => {
    const extracting = { ...config, inChannels: 3, lqSize: 64 };
    expect(run(extracting, [32, 16], [128, 64])).toEqual([1, 32, 16, 3]);
    expect(() => run(extracting, [32, 16], [32, 16])).toThrow(/expected 4 times the latent's sides/);
  });

  it.each([
    ['swinEmbedDim', { swinEmbedDim: 10 }],
    ['modelChannels', { modelChannels: 10 }],
    ['numResBlocks', { numResBlocks: [1] }],
    ['lqSize', { lqSize: 8 }],
  ])('rejects options that contradict each other: %s', (key, change) => {
    expect(() => planUNet({ ...config, ...change })).toThrow(UserError);
    expect(() => planUNet({ ...config, ...change })).toThrow(key);
  });
});

describe('the autoencoder', () => {
  it('says which multiple an image that does not fit needs', () => {
    const image = tf.zeros([1, 66, 64, 3]);
    expect(() => encode({}, vq, image)).toThrow(/multiples of 4; found 66x64/);
    image.dispose();
  });

  it.each([
    ['attnResolutions', { attnResolutions: [16] }],
    ['numResBlocks', { numResBlocks: [1, 1] }],
    ['ch', { ch: 10 }],
    ['embedDim', { embedDim: 2, anchored: 1 }],
  ])('rejects options that contradict each other: %s', (key, change) => {
    expect(() => planAutoencoder({ ...vq, ...change })).toThrow(UserError);
    expect(() => planAutoencoder({ ...vq, ...change })).toThrow(key);
  });
});
