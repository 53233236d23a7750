/** @file Inception v3's features of images, by the weights published for FID. */
import { tf, type Params, type Tensor } from '../../engine/tfjs.js';
import { param } from '../../nn/params.js';
import type { ParamSpec } from '../../nn/param_spec.js';
import type { HostTensor, HostTree } from '../../weights/tree.js';
import { batchNormSpecs, foldBatchNorm } from '../batch_norm.js';
import { INCEPTION, type Chain, type Convolution, type Pooling } from './inception_layers.js';

type Tensor4 = ReturnType<typeof tf.tensor4d>;
type Layer = Chain[number];

const EPSILON = 1e-3;
const isChains = (layer: Layer): layer is readonly Chain[] => Array.isArray(layer);

/** Every convolution with the channels it takes, in order; and the channels that come out. */
function convolutions(chain: Chain, inputs: number): { list: [Convolution, number][]; outputs: number } {
  const list: [Convolution, number][] = [];
  let channels = inputs;
  for (const layer of chain) {
    if (isChains(layer)) {
      const parts = layer.map((part) => convolutions(part, channels));
      list.push(...parts.flatMap((part) => part.list));
      channels = parts.reduce((sum, part) => sum + part.outputs, 0);
    } else if (layer.kind === 'convolution') {
      list.push([layer, channels]);
      channels = layer.channels;
    }
  }
  return { list, outputs: channels };
}

const CONVOLUTIONS = convolutions(INCEPTION, 3).list;

/** Parameters of the published file but its classifier: `<name>.conv.weight`, `<name>.bn.*`. */
export function inceptionSpecs(): ParamSpec[] {
  return CONVOLUTIONS.flatMap(([{ name, channels, size }, inputs]): ParamSpec[] => [
    {
      name: `${name}.conv.weight`,
      shape: [channels, inputs, ...size],
      init: { kind: 'fan-in', fanIn: inputs * size[0] * size[1] },
    },
    ...batchNormSpecs(`${name}.bn`, channels),
  ]);
}

/** The weights with their batch normalisations folded in: `<name>.weight` and `<name>.bias`. Official layout. */
export function foldedInception(tree: HostTree): HostTree {
  const folded = new Map<string, HostTensor>();
  for (const [{ name }] of CONVOLUTIONS) {
    const { weight, bias } = foldBatchNorm(tree, `${name}.conv`, `${name}.bn`, EPSILON);
    folded.set(`${name}.weight`, weight).set(`${name}.bias`, bias);
  }
  return folded;
}

function apply(params: Params, x: Tensor, layer: Layer): Tensor {
  if (isChains(layer)) {
    return tf.concat(
      layer.map((chain) => run(params, x, chain)),
      3,
    );
  }
  return layer.kind === 'convolution' ? convolve(params, x, layer) : pool(x as Tensor4, layer);
}

function convolve(params: Params, x: Tensor, { name, stride, padded }: Convolution): Tensor {
  const filter = param(params, `${name}.weight`) as Tensor4;
  const y = tf.conv2d(x as Tensor4, filter, stride, padded ? 'same' : 'valid');
  return tf.relu(tf.add(y, param(params, `${name}.bias`)));
}

function pool(x: Tensor4, { kind }: Pooling): Tensor {
  if (kind === 'shrink') return tf.maxPool(x, 3, 2, 'valid');
  return kind === 'average' ? tf.avgPool(x, 3, 1, 'same') : tf.maxPool(x, 3, 1, 'same');
}

const run = (params: Params, x: Tensor, chain: Chain): Tensor =>
  chain.reduce((value, layer) => apply(params, value, layer), x);

/** Images [B,299,299,3] in [-1,1] -> [B,2048]. Params of {@link foldedInception}, memory layout. */
export function inceptionFeatures(params: Params, images: Tensor): Tensor {
  return tf.tidy(() => tf.mean(run(params, images, INCEPTION), [1, 2]));
}
