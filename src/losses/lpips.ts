/**
 * @file LPIPS v0.1 with AlexNet or VGG16 (Zhang et al., CVPR 2018): backbone by torchvision's names, linear heads `lin0..4`.
 */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import type { ParamSpec } from '../nn/param_spec.js';
import { featureDistance, maxPool, paddedConvolution } from './perceptual/feature_distance.js';

export type LpipsNetwork = 'alex' | 'vgg';

interface Convolution {
  /** Position in torchvision's `features`. */
  readonly index: number;
  readonly size: number;
  readonly padding: number;
  readonly stride: number;
  readonly channels: number;
  /** Window of the max pooling (stride 2) before it; 0 for none. */
  readonly pool: 0 | 2 | 3;
  /** Whether its activation is compared. */
  readonly compared: boolean;
}

const alex = (index: number, size: number, channels: number, pool: 0 | 3, stride = 1): Convolution => {
  return { index, size, padding: size === 11 ? 2 : (size - 1) / 2, stride, channels, pool, compared: true };
};
const vgg = (index: number, channels: number, pool: 0 | 2, compared: boolean): Convolution => {
  return { index, size: 3, padding: 1, stride: 1, channels, pool, compared };
};

const NETWORKS: Readonly<Record<LpipsNetwork, readonly Convolution[]>> = {
  alex: [alex(0, 11, 64, 0, 4), alex(3, 5, 192, 3), alex(6, 3, 384, 3), alex(8, 3, 256, 0), alex(10, 3, 256, 0)],
  vgg: [
    vgg(0, 64, 0, false),
    vgg(2, 64, 0, true),
    vgg(5, 128, 2, false),
    vgg(7, 128, 0, true),
    vgg(10, 256, 2, false),
    vgg(12, 256, 0, false),
    vgg(14, 256, 0, true),
    vgg(17, 512, 2, false),
    vgg(19, 512, 0, false),
    vgg(21, 512, 0, true),
    vgg(24, 512, 2, false),
    vgg(26, 512, 0, false),
    vgg(28, 512, 0, true),
  ],
};

const headName = (layer: number): string => `lin${layer}.weight`;

/** Parameters: `features.N.weight`, `features.N.bias`, `lin0.weight` .. `lin4.weight` [1,c,1,1]. */
export function lpipsSpecs(network: LpipsNetwork): ParamSpec[] {
  const convolutions = NETWORKS[network];
  const backbone = convolutions.flatMap(({ index, size, channels }, i): ParamSpec[] => {
    const inputs = i === 0 ? 3 : convolutions[i - 1]!.channels;
    const init = { kind: 'fan-in', fanIn: inputs * size * size } as const;
    return [
      { name: `features.${index}.weight`, shape: [channels, inputs, size, size], init },
      { name: `features.${index}.bias`, shape: [channels], init },
    ];
  });
  const heads = convolutions
    .filter(({ compared }) => compared)
    .map(({ channels }, i): ParamSpec => {
      return { name: headName(i), shape: [1, channels, 1, 1], init: { kind: 'constant', value: 0 } };
    });
  return [...backbone, ...heads];
}

/**
 * LPIPS per sample; differentiable.
 * @param params Memory layout, names of {@link lpipsSpecs}.
 * @param a,b Images [B,H,W,3] in [-1,1], sides of 32 or more.
 * @returns [B], 0 for equal images; larger is more different.
 */
export function lpips(network: LpipsNetwork, params: Params, a: Tensor, b: Tensor): Tensor {
  const backbone = (weights: Params, image: Tensor): Tensor[] => {
    let x = image;
    return NETWORKS[network].flatMap(({ index, padding, stride, pool, compared }) => {
      const input = pool === 0 ? x : maxPool(x, pool, 2);
      x = tf.relu(paddedConvolution(weights, `features.${index}`, input, padding, stride));
      return compared ? [x] : [];
    });
  };
  return featureDistance(params, backbone, headName, a, b);
}
