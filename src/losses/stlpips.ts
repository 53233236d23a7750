/**
 * @file ST-LPIPS: the shift-tolerant perceptual distance of Ghildyal and Liu (ECCV 2022), AlexNet variant.
 *
 * A metric of its own: its numbers are not comparable with LPIPS. Differences to LPIPS' AlexNet: the first convolution has
 * stride 1, and every subsampling is a blur ({@link blurPool}) with wide reflection padding.
 */
import { tf, type Params, type Tensor } from '../engine/tfjs.js';
import type { ParamSpec } from '../nn/param_spec.js';
import { blurPool, reflectionPad } from './perceptual/blur_pool.js';
import { featureDistance, maxPool, paddedConvolution } from './perceptual/feature_distance.js';

/** Rows and columns reflected before each blur. */
const BLUR_PADDING = 2;

interface Layer {
  /** Name in the published weights: slice and position in the network. */
  readonly name: string;
  readonly size: number;
  readonly padding: number;
  readonly channels: number;
}

const FIRST: Layer = { name: 'net.slice1.0', size: 11, padding: 2, channels: 64 };
const SECOND: Layer = { name: 'net.slice2.5', size: 5, padding: 2, channels: 192 };
const THIRD: Layer = { name: 'net.slice3.9', size: 3, padding: 1, channels: 384 };
const FOURTH: Layer = { name: 'net.slice4.11', size: 3, padding: 1, channels: 256 };
const FIFTH: Layer = { name: 'net.slice5.13', size: 3, padding: 1, channels: 256 };
const LAYERS = [FIRST, SECOND, THIRD, FOURTH, FIFTH];

const headName = (layer: number): string => `lin${layer}.model.1.weight`;

/** Parameters by their published names and shapes (the constant blur filters and input scaling are not parameters). */
export function stLpipsSpecs(): ParamSpec[] {
  const convolutions = LAYERS.flatMap(({ name, size, channels }, i): ParamSpec[] => {
    const inputs = i === 0 ? 3 : LAYERS[i - 1]!.channels;
    const init = { kind: 'fan-in', fanIn: inputs * size * size } as const;
    return [
      { name: `${name}.weight`, shape: [channels, inputs, size, size], init },
      { name: `${name}.bias`, shape: [channels], init },
    ];
  });
  const heads = LAYERS.map(({ channels }, i): ParamSpec => {
    return { name: headName(i), shape: [1, channels, 1, 1], init: { kind: 'constant', value: 0 } };
  });
  return [...convolutions, ...heads];
}

function backbone(params: Params, image: Tensor): Tensor[] {
  const convolve = ({ name, padding }: Layer, x: Tensor): Tensor => paddedConvolution(params, name, x, padding);
  const blur = (x: Tensor): Tensor => blurPool(reflectionPad(x, BLUR_PADDING));
  const shrink = (x: Tensor): Tensor => blur(maxPool(x, 3, 1));
  const first = tf.relu(blur(convolve(FIRST, image)));
  const second = tf.relu(convolve(SECOND, shrink(first)));
  const third = tf.relu(convolve(THIRD, shrink(second)));
  const fourth = tf.relu(convolve(FOURTH, third));
  const fifth = tf.relu(convolve(FIFTH, fourth));
  return [first, second, third, fourth, fifth];
}

/**
 * ST-LPIPS (AlexNet) per sample; differentiable.
 * @param params Memory layout, names of {@link stLpipsSpecs}.
 * @param a,b Images [B,H,W,3] in [-1,1], sides of 32 or more.
 * @returns [B], 0 for equal images; larger is more different.
 */
export function stLpips(params: Params, a: Tensor, b: Tensor): Tensor {
  return featureDistance(params, backbone, headName, a, b);
}
