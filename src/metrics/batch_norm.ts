/** @file Batch normalisation of a trained network, as part of the convolution before it. */
import type { ParamSpec } from '../nn/param_spec.js';
import type { HostTensor, HostTree } from '../weights/tree.js';

/** Names of a batch normalisation's tensors, all [channels]. */
const PARTS = ['weight', 'bias', 'running_mean', 'running_var'] as const;

/** Its parameters under `name`. */
export function batchNormSpecs(name: string, channels: number): ParamSpec[] {
  return PARTS.map((part) => ({
    name: `${name}.${part}`,
    shape: [channels],
    init: { kind: 'constant', value: part === 'weight' || part === 'running_var' ? 1 : 0 },
  }));
}

/**
 * The convolution and its normalisation as one convolution with bias.
 * @param tree Official layout.
 * @param convolution,norm Names; the convolution has no bias of its own.
 */
export function foldBatchNorm(
  tree: HostTree,
  convolution: string,
  norm: string,
  eps: number,
): { readonly weight: HostTensor; readonly bias: HostTensor } {
  const { shape, data } = tree.get(`${convolution}.weight`)!;
  const [gain, offset, mean, variance] = PARTS.map((part) => tree.get(`${norm}.${part}`)!.data);
  const size = data.length / shape[0]!;
  const scale = Float64Array.from(gain!, (value, i) => value / Math.sqrt(variance![i]! + eps));
  return {
    weight: { shape, data: data.map((value, i) => value * scale[Math.floor(i / size)]!) },
    bias: { shape: [shape[0]!], data: offset!.map((value, i) => value - mean![i]! * scale[i]!) },
  };
}
